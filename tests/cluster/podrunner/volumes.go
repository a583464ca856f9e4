package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const tokenSeconds = int64(3600)

// layVolumes writes the pod's volumes to disk, once: they do not follow later changes. Returns volume name -> directory.
func layVolumes(ctx context.Context, p *pod) (map[string]string, error) {
	directories := map[string]string{}
	for _, volume := range p.object.Spec.Volumes {
		directory := filepath.Join(p.directory, "volumes", volume.Name)
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return nil, err
		}
		if err := layVolume(ctx, p, directory, volume.VolumeSource); err != nil {
			return nil, fmt.Errorf("volume %s: %w", volume.Name, err)
		}
		directories[volume.Name] = directory
	}
	return directories, os.MkdirAll(p.directory, 0o755)
}

func layVolume(ctx context.Context, p *pod, directory string, source core.VolumeSource) error {
	switch {
	case source.EmptyDir != nil:
		return nil
	case source.Secret != nil:
		return laySecret(ctx, p, directory, source.Secret.SecretName, source.Secret.Optional)
	case source.ConfigMap != nil:
		return layConfigMap(ctx, p, directory, source.ConfigMap.Name, source.ConfigMap.Optional)
	case source.Projected != nil:
		for _, part := range source.Projected.Sources {
			if err := layProjection(ctx, p, directory, part); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("of a kind that the pod runner does not know")
}

func layProjection(ctx context.Context, p *pod, directory string, part core.VolumeProjection) error {
	switch {
	case part.Secret != nil:
		return laySecret(ctx, p, directory, part.Secret.Name, part.Secret.Optional)
	case part.ConfigMap != nil:
		return layConfigMap(ctx, p, directory, part.ConfigMap.Name, part.ConfigMap.Optional)
	case part.ServiceAccountToken != nil:
		return layToken(ctx, p, filepath.Join(directory, part.ServiceAccountToken.Path))
	case part.DownwardAPI != nil:
		for _, item := range part.DownwardAPI.Items {
			if item.FieldRef != nil {
				if err := write(filepath.Join(directory, item.Path), []byte(p.field(item.FieldRef.FieldPath))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

func laySecret(ctx context.Context, p *pod, directory, name string, optional *bool) error {
	secret, err := p.runner.client.CoreV1().Secrets(p.object.Namespace).Get(ctx, name, meta.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	if err != nil {
		return err
	}
	for key, value := range secret.Data {
		if err := write(filepath.Join(directory, key), value); err != nil {
			return err
		}
	}
	return nil
}

func layConfigMap(ctx context.Context, p *pod, directory, name string, optional *bool) error {
	config, err := p.runner.client.CoreV1().ConfigMaps(p.object.Namespace).Get(ctx, name, meta.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	if err != nil {
		return err
	}
	for key, value := range config.Data {
		if err := write(filepath.Join(directory, key), []byte(value)); err != nil {
			return err
		}
	}
	return nil
}

func layToken(ctx context.Context, p *pod, file string) error {
	seconds := tokenSeconds
	request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &seconds,
		BoundObjectRef: &authentication.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: p.object.Name, UID: p.object.UID}}}
	account := p.runner.client.CoreV1().ServiceAccounts(p.object.Namespace)
	answer, err := account.CreateToken(ctx, p.object.Spec.ServiceAccountName, request, meta.CreateOptions{})
	if err != nil {
		return err
	}
	return write(file, []byte(answer.Status.Token))
}
