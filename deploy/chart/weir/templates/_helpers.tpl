{{- define "weir.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "weir.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "weir.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "weir.controller" -}}
{{- printf "%s-%s" (include "weir.fullname" .) .Values.controller.name -}}
{{- end -}}

{{- define "weir.defaultBackend" -}}
{{- printf "%s-%s" (include "weir.fullname" .) .Values.defaultBackend.name -}}
{{- end -}}

{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "weir.labels" -}}
{{ include "weir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.serviceAccount" -}}
{{- $wanted := .Values.serviceAccount.name | default .Values.rbac.serviceAccountName -}}
{{- default (ternary (include "weir.fullname" .) "default" .Values.serviceAccount.create) $wanted -}}
{{- end -}}

{{- define "weir.defaultBackend.serviceAccount" -}}
{{- $account := .Values.defaultBackend.serviceAccount -}}
{{- default (ternary (printf "%s-backend" (include "weir.fullname" .)) "default" $account.create) $account.name -}}
{{- end -}}

{{- /* The namespace whose objects alone are served; empty: all. */ -}}
{{- define "weir.scope" -}}
{{- if .Values.controller.scope.enabled -}}
{{- default (include "weir.namespace" .) .Values.controller.scope.namespace -}}
{{- end -}}
{{- end -}}

{{- /* Objects that the program is told to look at, as namespace/name; empty: none. */ -}}
{{- define "weir.publishService" -}}
{{- $controller := .Values.controller -}}
{{- if and $controller.publishService.enabled $controller.service.enabled -}}
{{- $own := include "weir.controller" . -}}
{{- if and $controller.service.internal.enabled (not $controller.service.external.enabled) }}{{ $own = printf "%s-internal" $own }}{{ end -}}
{{- default (printf "$(POD_NAMESPACE)/%s" $own) $controller.publishService.pathOverride -}}
{{- end -}}
{{- end -}}

{{- define "weir.defaultBackendService" -}}
{{- if .Values.defaultBackend.enabled -}}
$(POD_NAMESPACE)/{{ include "weir.defaultBackend" . }}
{{- else -}}
{{- default "" .Values.controller.defaultBackendService -}}
{{- end -}}
{{- end -}}

{{- /* True when the addresses in the status of Ingresses come from no Service: then none is read. */ -}}
{{- define "weir.needsNoPublishService" -}}
{{- $extra := default dict .Values.controller.extraArgs -}}
{{- $isOff := and (hasKey $extra "update-status") (has (toString (get $extra "update-status") | lower) (list "false" "f" "0")) -}}
{{- if or $isOff (get $extra "publish-status-address") }}true{{ end -}}
{{- end -}}

{{- /* What of them stands outside of the scope: the rules that they need, by namespace. */ -}}
{{- define "weir.outsideRules" -}}
{{- $scope := include "weir.scope" . -}}
{{- $extra := default dict .Values.controller.extraArgs -}}
{{- $publish := ternary "" (toString (default (include "weir.publishService" .) (get $extra "publish-service"))) (eq (include "weir.needsNoPublishService" .) "true") -}}
{{- $backend := toString (default (include "weir.defaultBackendService" .) (get $extra "default-backend-service")) -}}
{{- $certificate := toString (default "" (get $extra "default-ssl-certificate")) -}}
{{- $rules := dict -}}
{{- range $one := list (list "" "services" $publish) (list "" "services" $backend) (list "discovery.k8s.io" "endpointslices" $backend) (list "" "secrets" $certificate) -}}
{{- $name := splitList "/" (last $one | replace "$(POD_NAMESPACE)" (include "weir.namespace" $)) -}}
{{- /* An empty name would be the right to all of them. */ -}}
{{- $isName := and (eq (len $name) 2) (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$" (join "/" $name)) -}}
{{- if and $scope $isName (ne (first $name) $scope) -}}
{{- $rule := dict "apiGroups" (list (first $one)) "resources" (list (index $one 1)) "verbs" (list "list" "watch") -}}
{{- if first $one }}{{ else }}{{ $_ := set $rule "resourceNames" (list (last $name)) }}{{ end -}}
{{- $_ := set $rules (first $name) (append (default list (get $rules (first $name))) $rule) -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{- define "weir.electionID" -}}
{{- default (printf "%s-leader" (include "weir.fullname" .)) .Values.controller.electionID -}}
{{- end -}}

{{- define "weir.configNamespace" -}}
{{- default (include "weir.namespace" .) .Values.controller.configMapNamespace -}}
{{- end -}}

{{- /* [registry/]name[:tag][@digest] of an image block. */ -}}
{{- define "weir.imageName" -}}
{{- $name := .image | default .repository -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ $name }}{{ if .tag }}:{{ .tag }}{{ end }}{{ if .digest }}@{{ .digest }}{{ end }}
{{- end -}}

{{- /* True when the image's name or tag is one of ingress-nginx: its values.yaml must not start its program with our arguments. */ -}}
{{- define "weir.isForeignImage" -}}
{{- $image := .Values.controller.image -}}
{{- $tag := toString $image.tag -}}
{{- $name := printf "%s %s" (toString $image.image) (toString $image.repository) -}}
{{- $tagOnly := and (eq $image.repository "weir") (not $image.image) (or $image.tag $image.digest) (regexMatch "^(v[01]\\.|0\\.[1-5][0-9]\\.|nginx-)" $tag) -}}
{{- if or (contains "nginx" $name) $tagOnly }}true{{ end -}}
{{- end -}}

{{- define "weir.image" -}}
{{- if include "weir.isForeignImage" . -}}
weir:{{ .Chart.AppVersion }}
{{- else -}}
{{- $image := .Values.controller.image -}}
{{- include "weir.imageName" (merge (dict "tag" (default .Chart.AppVersion $image.tag)) $image) -}}
{{- end -}}
{{- end -}}

{{- /* ingress-nginx's hook calls a program of its image; here shutdownGracePeriod does its work. */ -}}
{{- define "weir.lifecycle" -}}
{{- if not (contains "/wait-shutdown" (toJson .Values.controller.lifecycle)) -}}
{{- toYaml .Values.controller.lifecycle -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{- /* A class may stand as a text only; very old charts had a map here. */ -}}
{{- define "weir.ingressClass" -}}
{{- if kindIs "string" .Values.controller.ingressClass }}{{ .Values.controller.ingressClass }}{{ end -}}
{{- end -}}

{{- define "weir.dnsPolicy" -}}
{{- default (ternary "ClusterFirstWithHostNet" "ClusterFirst" (default false .Values.controller.hostNetwork)) .Values.controller.dnsPolicy -}}
{{- end -}}

{{- define "weir.hasServiceMap" -}}
{{- if . }}true{{ end -}}
{{- end -}}
