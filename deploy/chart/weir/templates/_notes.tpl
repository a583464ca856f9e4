{{- /* One line for each value below `path` that is set and has no meaning. dict path, value, known, reasons. */ -}}
{{- define "weir.withoutMeaning" -}}
{{- $reason := get .reasons .path -}}
{{- if $reason }}
{{- if include "weir.isSet" .value }}
  {{ .path }}: {{ $reason }}
{{- end }}
{{- else if or (hasKey .known (printf "%s.*" .path)) (and (hasKey .known .path) (not (kindIs "map" .value))) }}
{{- else if and (kindIs "map" .value) (include "weir.hasBelow" .) }}
{{- $given := . }}
{{- range $name, $value := .value }}
{{- include "weir.withoutMeaning" (merge (dict "path" (printf "%s.%s" $given.path $name) "value" $value) (omit $given "path" "value")) }}
{{- end }}
{{- else if include "weir.isSet" .value }}
  {{ .path }}: unknown to this chart
{{- end }}
{{- end -}}

{{- define "weir.hasBelow" -}}
{{- $prefix := printf "%s." .path -}}
{{- range $path := concat (keys .known) (keys .reasons) }}{{ if hasPrefix $prefix $path }}x{{ end }}{{ end -}}
{{- end -}}

{{- /* Off, empty and disabled ask for nothing. A map of such values does not either. */ -}}
{{- define "weir.isSet" -}}
{{- if kindIs "map" . -}}
{{- if ne (toString .enabled) "false" -}}
{{- range $value := . }}{{ include "weir.isSet" $value }}{{ end -}}
{{- end -}}
{{- else if . -}}
x
{{- end -}}
{{- end -}}

{{- define "weir.notes" -}}
{{- $known := dict -}}
{{- range .Files.Lines "known.txt" }}{{ if . }}{{ $_ := set $known . true }}{{ end }}{{ end -}}
{{- $reasons := .Files.Get "without-meaning.yaml" | fromYaml -}}
{{- $ignored := "" -}}
{{- range $name, $value := omit .Values "global" -}}
{{- $ignored = printf "%s%s" $ignored (include "weir.withoutMeaning" (dict "path" $name "value" $value "known" $known "reasons" $reasons)) -}}
{{- end -}}
{{- if include "weir.isForeignImage" . }}
{{- $ignored = printf "%s\n  controller.image: names the image of ingress-nginx (%s:%s); %s runs instead" $ignored (toString (default .Values.controller.image.repository .Values.controller.image.image)) (toString .Values.controller.image.tag) (include "weir.image" .) }}
{{- end }}
{{- if contains "/wait-shutdown" (toJson .Values.controller.lifecycle) }}
{{- $ignored = printf "%s\n  controller.lifecycle: /wait-shutdown is a program of ingress-nginx; shutdownGracePeriod (%v s) does its work" $ignored .Values.controller.shutdownGracePeriod }}
{{- end }}
{{- if and .Values.rbac.scope (include "weir.scope" .) (not (include "weir.publishService" .)) (not (get (default dict .Values.controller.extraArgs) "publish-service")) (not (include "weir.needsNoPublishService" .)) }}
{{- $ignored = printf "%s\n  rbac.scope: without publishService the status of Ingresses is that of nodes, which no Role of a namespace may read: set controller.extraArgs.publish-status-address" $ignored }}
{{- end }}
{{- if .Values.tcp }}
{{- $ignored = printf "%s\n  tcp: TCP services are not supported yet: no port is opened for %s" $ignored (keys .Values.tcp | sortAlpha | join ", ") }}
{{- end }}
{{- if .Values.udp }}
{{- $ignored = printf "%s\n  udp: UDP services are not supported yet: no port is opened for %s" $ignored (keys .Values.udp | sortAlpha | join ", ") }}
{{- end }}
{{- $ignored -}}
{{- end -}}
