package main

import (
	"context"
	"log"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const syncThreads = 8

// runner follows the Pods of the cluster and brings its own in line: one goroutine for each Pod does the work.
type runner struct {
	client    kubernetes.Interface
	node      *node
	work      string
	rules     imageRules
	addresses addresses
	informer  cache.SharedIndexInformer
	queue     workqueue.TypedRateLimitingInterface[string]

	mutex sync.Mutex
	pods  map[types.UID]*pod
}

func newRunner(client kubernetes.Interface, node *node, work string, rules imageRules) *runner {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](50*time.Millisecond, 5*time.Second)
	return &runner{client: client, node: node, work: work, rules: rules, pods: map[types.UID]*pod{},
		informer: informers.NewSharedInformerFactory(client, 0).Core().V1().Pods().Informer(),
		queue:    workqueue.NewTypedRateLimitingQueue(limiter)}
}

func (r *runner) start(ctx context.Context) {
	enqueue := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			r.queue.Add(key)
		}
	}
	r.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) }, DeleteFunc: r.onDeleted})
	go r.informer.Run(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), r.informer.HasSynced)
	for range syncThreads {
		go r.syncQueued(ctx)
	}
}

// onDeleted ends the processes of a Pod that was deleted by force, without waiting for us.
func (r *runner) onDeleted(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	if gone, ok := object.(*core.Pod); ok {
		if p := r.find(gone.UID); p != nil {
			go p.kill()
		}
	}
}

func (r *runner) syncQueued(ctx context.Context) {
	for {
		key, quit := r.queue.Get()
		if quit {
			return
		}
		if err := r.sync(ctx, key); err != nil {
			log.Printf("%s: %v", key, err)
			r.queue.AddRateLimited(key)
		} else {
			r.queue.Forget(key)
		}
		r.queue.Done(key)
	}
}

func (r *runner) sync(ctx context.Context, key string) error {
	object, exists, err := r.informer.GetStore().GetByKey(key)
	if err != nil || !exists {
		return err
	}
	found := object.(*core.Pod)
	switch {
	case found.Spec.NodeName == "":
		return r.bind(ctx, found)
	case found.DeletionTimestamp != nil:
		return r.terminate(ctx, found)
	case found.Status.Phase == core.PodSucceeded || found.Status.Phase == core.PodFailed:
		return nil
	}
	if p := r.adopt(found); p != nil {
		go p.run(ctx)
	}
	return nil
}

func (r *runner) bind(ctx context.Context, found *core.Pod) error {
	if found.DeletionTimestamp != nil {
		return nil
	}
	binding := &core.Binding{ObjectMeta: meta.ObjectMeta{Name: found.Name, UID: found.UID},
		Target: core.ObjectReference{Kind: "Node", Name: r.node.name}}
	err := r.client.CoreV1().Pods(found.Namespace).Bind(ctx, binding, meta.CreateOptions{})
	if errors.IsConflict(err) || errors.IsNotFound(err) {
		return nil
	}
	return err
}

func (r *runner) terminate(ctx context.Context, found *core.Pod) error {
	p := r.find(found.UID)
	if p == nil { // never started here
		return r.deleteObject(ctx, found.Namespace, found.Name, found.UID)
	}
	grace := int64(30)
	if found.DeletionGracePeriodSeconds != nil {
		grace = *found.DeletionGracePeriodSeconds
	}
	if p.beginToEnd() {
		go p.end(time.Duration(grace) * time.Second)
	}
	return nil
}

// adopt returns a new pod, or nothing when it is known already.
func (r *runner) adopt(found *core.Pod) *pod {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.pods[found.UID] != nil {
		return nil
	}
	p := newPod(r, found.DeepCopy())
	r.pods[found.UID] = p
	return p
}

func (r *runner) find(uid types.UID) *pod {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.pods[uid]
}

func (r *runner) forget(uid types.UID) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.pods, uid)
}

func (r *runner) killAll() {
	r.mutex.Lock()
	pods := make([]*pod, 0, len(r.pods))
	for _, p := range r.pods {
		pods = append(pods, p)
	}
	r.mutex.Unlock()
	for _, p := range pods {
		p.kill()
	}
}

func (r *runner) deleteObject(ctx context.Context, namespace, name string, uid types.UID) error {
	now := int64(0)
	err := r.client.CoreV1().Pods(namespace).Delete(ctx, name,
		meta.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &meta.Preconditions{UID: &uid}})
	if errors.IsNotFound(err) || errors.IsConflict(err) {
		return nil
	}
	return err
}
