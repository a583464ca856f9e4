{{- /* The Pod of the Deployment and of the DaemonSet. */ -}}
{{- define "weir.podTemplate" -}}
{{- $controller := .Values.controller -}}
metadata:
  labels:
    {{- with $controller.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- include "weir.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: controller
  {{- with $controller.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "weir.serviceAccount" . }}
  automountServiceAccountToken: true
  terminationGracePeriodSeconds: {{ $controller.terminationGracePeriodSeconds }}
  dnsPolicy: {{ include "weir.dnsPolicy" . }}
  {{- if $controller.hostNetwork }}
  hostNetwork: true
  {{- end }}
  {{- if $controller.shareProcessNamespace }}
  shareProcessNamespace: true
  {{- end }}
  {{- range $field := list "dnsConfig" "hostAliases" "priorityClassName" "runtimeClassName" "affinity" "tolerations" "nodeSelector" "topologySpreadConstraints" }}
  {{- with get $controller $field }}
  {{ $field }}: {{ tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    seccompProfile: {{ toYaml $controller.image.seccompProfile | nindent 6 }}
    {{- with $controller.podSecurityContext }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if and $controller.sysctls (not $controller.hostNetwork) }}
    sysctls:
      {{- range $name, $value := $controller.sysctls }}
      - {name: {{ $name | quote }}, value: {{ $value | quote }}}
      {{- end }}
    {{- end }}
  {{- with $controller.extraInitContainers }}
  initContainers: {{ tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ $controller.containerName }}
      image: {{ include "weir.image" . | quote }}
      imagePullPolicy: {{ $controller.image.pullPolicy }}
      args:
        {{- include "weir.arguments" . | nindent 8 }}
      securityContext:
        {{- if $controller.containerSecurityContext }}
        {{- toYaml $controller.containerSecurityContext | nindent 8 }}
        {{- else }}
        runAsNonRoot: {{ $controller.image.runAsNonRoot }}
        runAsUser: {{ $controller.image.runAsUser }}
        runAsGroup: {{ $controller.image.runAsGroup }}
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: {{ $controller.image.readOnlyRootFilesystem }}
        capabilities:
          drop: [ALL]
          add: [NET_BIND_SERVICE]
        {{- end }}
      env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        - name: POD_NAMESPACE
          valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
        {{- with $controller.extraEnvs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        {{- range $name, $port := $controller.containerPort }}
        - name: {{ $name }}
          containerPort: {{ $port }}
          protocol: TCP
          {{- if and $controller.hostPort.enabled (not $controller.hostNetwork) (hasKey $controller.hostPort.ports $name) }}
          hostPort: {{ get $controller.hostPort.ports $name }}
          {{- end }}
        {{- end }}
        - name: {{ $controller.metrics.portName }}
          containerPort: {{ $controller.metrics.port }}
          protocol: TCP
      {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
      {{- with get $controller $probe }}
      {{ $probe }}: {{ include "weir.probe" (dict "probe" . "port" $controller.metrics.port) | nindent 8 }}
      {{- end }}
      {{- end }}
      {{- with include "weir.lifecycle" . }}
      {{- if ne . "{}" }}
      lifecycle: {{ . | nindent 8 }}
      {{- end }}
      {{- end }}
      {{- with $controller.resources }}
      resources: {{ toYaml . | nindent 8 }}
      {{- end }}
      {{- with $controller.extraVolumeMounts }}
      volumeMounts: {{ toYaml . | nindent 8 }}
      {{- end }}
    {{- with $controller.extraContainers }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  {{- with $controller.extraVolumes }}
  volumes: {{ toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* A probe of the admin port, wherever metrics.port puts it. Older charts had `port` beside the times: left out. */ -}}
{{- define "weir.probe" -}}
{{- $probe := omit (deepCopy .probe) "port" -}}
{{- if and $probe.httpGet (eq (toString $probe.httpGet.port) "10254") -}}
{{- $_ := set $probe.httpGet "port" (int .port) -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end -}}
