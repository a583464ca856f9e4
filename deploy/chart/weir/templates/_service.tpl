{{- /* One Service of the traffic ports: dict root, name, service (the values of this one). */ -}}
{{- define "weir.service" -}}
{{- $common := .root.Values.controller.service -}}
{{- $service := .service -}}
{{- $type := $service.type | default $common.type -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ include "weir.namespace" .root }}
  labels:
    {{- $given := merge (dict) (default dict .labels) -}}
    {{- $own := fromYaml (include "weir.labels" .root) }}
    {{- merge $own (dict "app.kubernetes.io/component" "controller") $given | toYaml | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $type }}
  {{- range $field := list "clusterIP" "externalIPs" "externalTrafficPolicy" "internalTrafficPolicy" "trafficDistribution" "sessionAffinity" "ipFamilyPolicy" "ipFamilies" }}
  {{- with get $service $field }}
  {{- if or (ne $field "externalTrafficPolicy") (ne $type "ClusterIP") }}
  {{ $field }}: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- end }}
  {{- if eq $type "LoadBalancer" }}
  {{- range $field := list "loadBalancerIP" "loadBalancerClass" "loadBalancerSourceRanges" }}
  {{- with get $service $field }}
  {{ $field }}: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if kindIs "bool" $service.allocateLoadBalancerNodePorts }}
  allocateLoadBalancerNodePorts: {{ $service.allocateLoadBalancerNodePorts }}
  {{- end }}
  {{- if and (eq (toString $service.externalTrafficPolicy) "Local") $service.healthCheckNodePort }}
  healthCheckNodePort: {{ $service.healthCheckNodePort }}
  {{- end }}
  {{- end }}
  selector:
    {{- include "weir.selectorLabels" .root | nindent 4 }}
    app.kubernetes.io/component: controller
  ports:
    {{- range $name := list "http" "https" }}
    {{- if ternary $common.enableHttp $common.enableHttps (eq $name "http") }}
    {{- $port := get (default dict $service.ports) $name | default (get $common.ports $name) }}
    {{- $target := get (default dict $service.targetPorts) $name | default (get $common.targetPorts $name) }}
    - name: {{ $name }}
      port: {{ $port }}
      protocol: TCP
      targetPort: {{ $target }}
      {{- if $common.appProtocol }}
      appProtocol: {{ $name }}
      {{- end }}
      {{- if or (eq $type "NodePort") (eq $type "LoadBalancer") }}
      {{- with get (default dict $service.nodePorts) $name }}
      nodePort: {{ . }}
      {{- end }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}
