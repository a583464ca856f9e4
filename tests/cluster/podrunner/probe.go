package main

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	firstProbePeriod = 200 * time.Millisecond // the first success is sought faster than a kubelet would: tests wait for it
	portWait         = 3 * time.Second
)

// probe follows the readiness of a container until `over` closes.
func (c *container) probe(ctx context.Context, over <-chan struct{}) {
	probe := c.spec.ReadinessProbe
	if probe == nil {
		c.awaitPort(over)
		c.setReady(ctx, true)
		return
	}
	var failures int32
	for {
		ok := c.check(probe)
		if ok {
			failures = 0
			c.setReady(ctx, true)
		} else if failures++; failures >= max(probe.FailureThreshold, 1) {
			c.setReady(ctx, false)
		}
		period := time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
		if !ok && !c.ready() {
			period = firstProbePeriod
		}
		select {
		case <-over:
			return
		case <-time.After(period):
		}
	}
}

func (c *container) ready() bool {
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	return c.isReady
}

func (c *container) setReady(ctx context.Context, ready bool) {
	c.pod.mutex.Lock()
	changed := c.isReady != ready && c.command != nil
	if changed {
		c.isReady = ready
	}
	c.pod.mutex.Unlock()
	if changed {
		c.pod.report(ctx)
	}
}

// awaitPort: a kubelet calls a container without a probe ready at once; waiting for its first port spares the tests a race.
func (c *container) awaitPort(over <-chan struct{}) {
	if len(c.spec.Ports) == 0 {
		return
	}
	address := net.JoinHostPort(c.pod.network.address, strconv.Itoa(int(c.spec.Ports[0].ContainerPort)))
	for end := time.Now().Add(portWait); time.Now().Before(end); {
		if connection, err := net.DialTimeout("tcp", address, firstProbePeriod); err == nil {
			connection.Close()
			return
		}
		select {
		case <-over:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *container) check(probe *core.Probe) bool {
	limit := time.Duration(max(probe.TimeoutSeconds, 1)) * time.Second
	switch {
	case probe.HTTPGet != nil:
		client := &http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get("http://" + net.JoinHostPort(c.pod.network.address, c.port(probe.HTTPGet.Port)) +
			"/" + strings.TrimPrefix(probe.HTTPGet.Path, "/"))
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode < 400
	case probe.TCPSocket != nil:
		connection, err := net.DialTimeout("tcp", net.JoinHostPort(c.pod.network.address, c.port(probe.TCPSocket.Port)), limit)
		if err == nil {
			connection.Close()
		}
		return err == nil
	}
	return true
}

func (c *container) port(port intstr.IntOrString) string {
	for _, declared := range c.spec.Ports {
		if port.Type == intstr.String && declared.Name == port.StrVal {
			return strconv.Itoa(int(declared.ContainerPort))
		}
	}
	return port.String()
}
