package main

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

const (
	podPrefix     = "10.244"
	podsPerOctet  = 250
	maxPodNumbers = 200 * podsPerOctet
)

// addresses hands out the numbers from which a Pod's address and device are named. A number is not given twice in a run, as far
// as they reach: who still holds the address of a Pod that is gone finds nobody there.
type addresses struct {
	mutex sync.Mutex
	next  int
}

func (a *addresses) take() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.next = a.next%maxPodNumbers + 1
	return a.next + 1
}

// podNetwork is a Pod's namespace, joined to the node's by a pair of devices. The zero value is the node's own network.
type podNetwork struct {
	name    string
	address string
}

func createNetwork(number int, nodeAddress string) (podNetwork, error) {
	network := podNetwork{fmt.Sprintf("pod-%d", number),
		fmt.Sprintf("%s.%d.%d", podPrefix, 1+number/podsPerOctet, number%podsPerOctet)}
	script := strings.NewReplacer("NS", network.name, "DEVICE", fmt.Sprintf("pod%d", number), "POD", network.address,
		"NODE", nodeAddress).Replace(`set -e
ip netns add NS
ip link add DEVICE type veth peer name eth0 netns NS
ip link set DEVICE up
ip -n NS link set lo up
ip -n NS addr add POD/32 dev eth0
ip -n NS link set eth0 up
ip -n NS route add NODE dev eth0
ip -n NS route add default via NODE
ip route replace POD/32 dev DEVICE src NODE`)
	return network, shell(script)
}

// remove takes the namespace's name away; its devices go with the last process inside.
func (n podNetwork) remove() error {
	if n.name == "" {
		return nil
	}
	return shell("ip netns del " + n.name)
}

// enter is what stands before a command that is to run inside.
func (n podNetwork) enter() []string {
	if n.name == "" {
		return nil
	}
	return []string{"nsenter", "--net=/run/netns/" + n.name, "--"}
}

func shell(script string) error {
	output, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %s", err, output)
	}
	return nil
}
