package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	retryPeriod  = time.Second      // of what must exist first: Secrets, ConfigMaps, the program
	maxBackOff   = 10 * time.Second // of a container that ends by itself
	deleteTries  = 60
	deletePeriod = time.Second
)

// pod is one Pod from its start to its end. `stopping` closes when it is to end; `mutex` guards what the goroutines of its
// containers change.
type pod struct {
	runner    *runner
	object    *core.Pod
	directory string
	network   podNetwork
	started   meta.Time
	stopping  chan struct{}

	mutex      sync.Mutex
	isEnding   bool
	phase      core.PodPhase
	containers []*container
}

func newPod(r *runner, object *core.Pod) *pod {
	return &pod{runner: r, object: object, directory: filepath.Join(r.work, object.Namespace+"_"+object.Name),
		network: podNetwork{address: r.node.address}, started: meta.Now(), stopping: make(chan struct{}), phase: core.PodPending}
}

func (p *pod) name() string { return p.object.Namespace + "/" + p.object.Name }

// run makes the network and the volumes, then starts the containers; they go on by themselves.
func (p *pod) run(ctx context.Context) {
	if !p.object.Spec.HostNetwork {
		network, err := createNetwork(p.runner.addresses.take(), p.runner.node.address)
		if err != nil {
			log.Printf("%s: network: %v", p.name(), err)
			return
		}
		p.network = network
	}
	volumes, made := p.makeVolumes(ctx)
	p.mutex.Lock()
	if !made || p.isEnding {
		p.mutex.Unlock()
		return
	}
	p.phase = core.PodRunning
	for _, spec := range p.object.Spec.Containers {
		p.containers = append(p.containers, &container{pod: p, spec: spec, volumes: volumes, ended: make(chan struct{})})
	}
	containers := p.containers
	p.mutex.Unlock()
	for _, c := range containers {
		go c.supervise(ctx)
	}
	p.report(ctx)
}

// makeVolumes tries until all exist, as a kubelet does; false when the pod ends before.
func (p *pod) makeVolumes(ctx context.Context) (map[string]string, bool) {
	for {
		volumes, err := layVolumes(ctx, p)
		if err == nil {
			return volumes, true
		}
		log.Printf("%s: %v", p.name(), err)
		if !p.wait(retryPeriod) {
			return nil, false
		}
	}
}

// wait is false when the pod began to end meanwhile.
func (p *pod) wait(pause time.Duration) bool {
	select {
	case <-p.stopping:
		return false
	case <-time.After(pause):
		return true
	}
}

// beginToEnd is true for the first caller.
func (p *pod) beginToEnd() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.isEnding {
		return false
	}
	p.isEnding = true
	close(p.stopping)
	return true
}

// end: preStop, SIGTERM, and at the end of the grace period SIGKILL; then the Pod object goes.
func (p *pod) end(grace time.Duration) {
	deadline := time.Now().Add(grace)
	p.mutex.Lock()
	containers := p.containers
	p.mutex.Unlock()
	var all sync.WaitGroup
	for _, c := range containers {
		all.Go(func() { c.end(deadline) })
	}
	all.Wait()
	p.mutex.Lock()
	p.phase = core.PodSucceeded
	for _, c := range p.containers {
		if c.exitCode != 0 {
			p.phase = core.PodFailed
		}
	}
	p.mutex.Unlock()
	ctx := context.Background()
	p.report(ctx)
	p.remove()
	for range deleteTries { // the API server may be away just now
		if err := p.runner.deleteObject(ctx, p.object.Namespace, p.object.Name, p.object.UID); err == nil {
			return
		}
		time.Sleep(deletePeriod)
	}
	log.Printf("%s: could not be deleted", p.name())
}

// kill ends it at once.
func (p *pod) kill() {
	p.beginToEnd()
	p.mutex.Lock()
	for _, c := range p.containers {
		c.kill()
	}
	p.mutex.Unlock()
	p.remove()
}

func (p *pod) remove() {
	if p.runner.find(p.object.UID) == nil {
		return
	}
	p.runner.forget(p.object.UID)
	if err := p.network.remove(); err != nil {
		log.Printf("%s: %v", p.name(), err)
	}
	os.RemoveAll(filepath.Join(p.directory, "volumes"))
}
