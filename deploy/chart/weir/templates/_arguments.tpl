{{- /* The flags of the program, from the values. */ -}}
{{- define "weir.arguments" -}}
{{- $controller := .Values.controller -}}
- --http-port={{ $controller.containerPort.http }}
- --https-port={{ $controller.containerPort.https }}
- --controller-class={{ $controller.ingressClassResource.controllerValue }}
{{- with include "weir.ingressClass" . }}
- --ingress-class={{ . }}
{{- end }}
{{- if $controller.ingressClassByName }}
- --ingress-class-by-name=true
{{- end }}
{{- if $controller.watchIngressWithoutClass }}
- --watch-ingress-without-class=true
{{- end }}
{{- with include "weir.scope" . }}
- --watch-namespace={{ . }}
{{- end }}
{{- if and (not $controller.scope.enabled) $controller.scope.namespaceSelector }}
- --watch-namespace-selector={{ $controller.scope.namespaceSelector }}
{{- end }}
- --configmap={{ include "weir.configNamespace" . }}/{{ include "weir.controller" . }}
{{- with include "weir.defaultBackendService" . }}
- --default-backend-service={{ . }}
{{- end }}
{{- if .Values.tcp }}
- --tcp-services-configmap=$(POD_NAMESPACE)/{{ include "weir.fullname" . }}-tcp
{{- end }}
{{- if .Values.udp }}
- --udp-services-configmap=$(POD_NAMESPACE)/{{ include "weir.fullname" . }}-udp
{{- end }}
{{- if $controller.disableCatchAll }}
- --disable-catch-all=true
{{- end }}
- --election-id={{ include "weir.electionID" . }}
{{- with $controller.electionTTL }}
- --election-ttl={{ . }}
{{- end }}
{{- with include "weir.publishService" . }}
- --publish-service={{ . }}
{{- end }}
{{- if $controller.reportNodeInternalIp }}
- --report-node-internal-ip-address=true
{{- end }}
- --healthz-port={{ $controller.metrics.port }}
{{- with $controller.healthCheckHost }}
- --healthz-host={{ . }}
{{- end }}
{{- if ne $controller.healthCheckPath "/healthz" }}
- --health-check-path={{ $controller.healthCheckPath }}
{{- end }}
{{- if not (hasKey (default dict $controller.extraArgs) "shutdown-grace-period") }}
- --shutdown-grace-period={{ $controller.shutdownGracePeriod }}
{{- end }}
{{- range $name, $value := $controller.extraArgs }}
- --{{ $name }}{{ if ne (toString $value) "" }}={{ $value }}{{ end }}
{{- end }}
{{- end -}}
