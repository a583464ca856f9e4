package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const (
	leaseNamespace = "kube-node-lease"
	leaseSeconds   = int32(40)
	leasePeriod    = 10 * time.Second
)

// node is the one Node of the cluster: registered ready, with a Lease that keeps it so.
type node struct {
	client  kubernetes.Interface
	name    string
	address string
}

func (n *node) register(ctx context.Context) error {
	object := &core.Node{ObjectMeta: meta.ObjectMeta{Name: n.name, Labels: map[string]string{
		"kubernetes.io/hostname": n.name, "kubernetes.io/os": "linux"}}}
	_, err := n.client.CoreV1().Nodes().Create(ctx, object, meta.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	patch, err := json.Marshal(map[string]any{"status": n.status()})
	if err != nil {
		return err
	}
	_, err = n.client.CoreV1().Nodes().Patch(ctx, n.name, types.StrategicMergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}

func (n *node) status() core.NodeStatus {
	now := meta.Now()
	room := core.ResourceList{core.ResourceCPU: resource.MustParse("64"), core.ResourceMemory: resource.MustParse("256Gi"),
		core.ResourcePods: resource.MustParse("500")}
	return core.NodeStatus{
		Capacity: room, Allocatable: room,
		Addresses: []core.NodeAddress{{Type: core.NodeInternalIP, Address: n.address}, {Type: core.NodeHostName, Address: n.name}},
		Conditions: []core.NodeCondition{{Type: core.NodeReady, Status: core.ConditionTrue, Reason: "KubeletReady",
			LastHeartbeatTime: now, LastTransitionTime: now}},
	}
}

// renewLease returns when ctx ends. An API server that is away is asked again at the next turn.
func (n *node) renewLease(ctx context.Context) {
	for ctx.Err() == nil {
		if err := n.renewLeaseOnce(ctx); err != nil && ctx.Err() == nil {
			log.Print("lease: ", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(leasePeriod):
		}
	}
}

func (n *node) renewLeaseOnce(ctx context.Context) error {
	now, seconds := meta.NowMicro(), leaseSeconds
	lease := &coordination.Lease{ObjectMeta: meta.ObjectMeta{Name: n.name, Namespace: leaseNamespace},
		Spec: coordination.LeaseSpec{HolderIdentity: &n.name, LeaseDurationSeconds: &seconds, RenewTime: &now}}
	patch, err := json.Marshal(map[string]any{"spec": lease.Spec})
	if err != nil {
		return err
	}
	leases := n.client.CoordinationV1().Leases(leaseNamespace)
	_, err = leases.Patch(ctx, n.name, types.MergePatchType, patch, meta.PatchOptions{})
	if errors.IsNotFound(err) {
		_, err = leases.Create(ctx, lease, meta.CreateOptions{})
	}
	return err
}

// forward accepts on one address and connects each client to another, for as long as the program runs.
func forward(from, to string) error {
	listener, err := net.Listen("tcp", from)
	if err != nil {
		return err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(client.(*net.TCPConn), to)
		}
	}()
	return nil
}

func relay(client *net.TCPConn, to string) {
	defer client.Close()
	connection, err := net.DialTimeout("tcp", to, 5*time.Second)
	if err != nil {
		return
	}
	server := connection.(*net.TCPConn)
	defer server.Close()
	go func() {
		io.Copy(server, client)
		server.CloseWrite()
	}()
	io.Copy(client, server)
	client.CloseWrite()
}
