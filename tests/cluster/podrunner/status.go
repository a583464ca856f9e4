package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const statusTries = 5

// report writes the pod's status as it is now. While the API server is away it is tried again for some seconds; the mutex is
// held, so that an older status never follows a newer one.
func (p *pod) report(ctx context.Context) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.object.UID}, "status": p.status()})
	if err != nil {
		log.Printf("%s: %v", p.name(), err)
		return
	}
	for range statusTries {
		_, err = p.runner.client.CoreV1().Pods(p.object.Namespace).Patch(ctx, p.object.Name, types.StrategicMergePatchType, patch,
			meta.PatchOptions{}, "status")
		if err == nil || errors.IsNotFound(err) || errors.IsConflict(err) || ctx.Err() != nil {
			return
		}
		time.Sleep(time.Second)
	}
	log.Printf("%s: status: %v", p.name(), err)
}

// status: the caller holds the mutex.
func (p *pod) status() core.PodStatus {
	ready := len(p.containers) > 0 && p.phase == core.PodRunning
	statuses := make([]core.ContainerStatus, 0, len(p.containers))
	for _, c := range p.containers {
		ready = ready && c.isReady
		statuses = append(statuses, c.status())
	}
	condition := func(kind core.PodConditionType, holds bool) core.PodCondition {
		state := core.ConditionFalse
		if holds {
			state = core.ConditionTrue
		}
		return core.PodCondition{Type: kind, Status: state, LastTransitionTime: meta.Now()}
	}
	return core.PodStatus{Phase: p.phase, HostIP: p.runner.node.address, HostIPs: []core.HostIP{{IP: p.runner.node.address}},
		PodIP: p.network.address, PodIPs: []core.PodIP{{IP: p.network.address}}, StartTime: &p.started,
		ContainerStatuses: statuses, QOSClass: p.object.Status.QOSClass,
		Conditions: []core.PodCondition{condition(core.PodScheduled, true), condition(core.PodInitialized, true),
			condition(core.ContainersReady, ready), condition(core.PodReady, ready)}}
}

func (c *container) status() core.ContainerStatus {
	runs := c.command != nil
	status := core.ContainerStatus{Name: c.spec.Name, Image: c.spec.Image, ImageID: "local", Ready: c.isReady, Started: &runs,
		RestartCount: c.restarts, ContainerID: fmt.Sprintf("podrunner://%s-%s-%d", c.pod.object.UID, c.spec.Name, c.restarts)}
	switch {
	case runs:
		status.State.Running = &core.ContainerStateRunning{StartedAt: c.startedAt}
	case c.pod.isEnding:
		status.State.Terminated = &core.ContainerStateTerminated{ExitCode: int32(c.exitCode), Reason: "Completed",
			StartedAt: c.startedAt, FinishedAt: meta.Now()}
	default:
		status.State.Waiting = &core.ContainerStateWaiting{Reason: "ContainerCreating"}
	}
	return status
}
