package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// container is one program of a pod, started again when it ends by itself. The pod's mutex guards all that changes.
type container struct {
	pod     *pod
	spec    core.Container
	volumes map[string]string
	ended   chan struct{} // closes when it is not started again

	command   *exec.Cmd // nothing when it does not run
	isReady   bool
	startedAt meta.Time
	exitCode  int
	restarts  int32
}

func (c *container) supervise(ctx context.Context) {
	defer close(c.ended)
	for pause := retryPeriod; ; pause = min(2*pause, maxBackOff) {
		if err := c.runOnce(ctx); err != nil {
			log.Printf("%s/%s: %v", c.pod.name(), c.spec.Name, err)
		}
		c.pod.report(ctx)
		if !c.pod.wait(pause) {
			return
		}
		c.pod.mutex.Lock()
		c.restarts++
		c.pod.mutex.Unlock()
	}
}

func (c *container) runOnce(ctx context.Context) error {
	command, err := c.makeCommand(ctx)
	if err != nil {
		return err
	}
	c.pod.mutex.Lock()
	if c.pod.isEnding {
		c.pod.mutex.Unlock()
		return nil
	}
	if err = command.Start(); err == nil {
		c.command, c.startedAt = command, meta.Now()
	}
	c.pod.mutex.Unlock()
	if err != nil {
		return err
	}
	over := make(chan struct{})
	go c.probe(ctx, over)
	command.Wait()
	close(over)
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	c.command, c.isReady, c.exitCode = nil, false, command.ProcessState.ExitCode()
	if !c.pod.isEnding {
		return fmt.Errorf("ended by itself: %v", command.ProcessState)
	}
	return nil
}

// makeCommand: the rule's program or the container's own, in the pod's network and a mount namespace with its volumes.
func (c *container) makeCommand(ctx context.Context) (*exec.Cmd, error) {
	environment, err := c.environment(ctx)
	if err != nil {
		return nil, err
	}
	arguments := c.pod.runner.rules.commandFor(c.spec.Image)
	if arguments == nil {
		arguments = c.spec.Command
	}
	if len(arguments) == 0 {
		return nil, fmt.Errorf("no program stands for image %s, and it has no command", c.spec.Image)
	}
	full := append(c.pod.network.enter(), "unshare", "--mount", "--propagation", "private", "--", "sh", "-c", c.mountScript(), "sh")
	full = append(full, arguments...)
	for _, argument := range c.spec.Args {
		full = append(full, expand(argument, environment))
	}
	command := exec.Command(full[0], full[1:]...)
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	logFile, err := os.OpenFile(filepath.Join(c.pod.directory, c.spec.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer logFile.Close() // the started process keeps its own
	command.Stdout, command.Stderr = logFile, logFile
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = time.Second
	return command, nil
}

// mountScript lays the volumes. Mount points must exist on this machine or lie below /run, which is the container's own.
func (c *container) mountScript() string {
	script := &strings.Builder{}
	fmt.Fprint(script, "set -e; mount -t tmpfs tmpfs /run\n")
	for _, mount := range c.spec.VolumeMounts {
		if source, known := c.volumes[mount.Name]; known {
			fmt.Fprintf(script, "mkdir -p '%[2]s'; mount --bind '%[1]s' '%[2]s'\n", source, mount.MountPath)
		}
	}
	fmt.Fprint(script, `exec "$@"`)
	return script.String()
}

var variable = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`)

func expand(text string, environment map[string]string) string {
	return variable.ReplaceAllStringFunc(text, func(reference string) string {
		if value, known := environment[reference[2:len(reference)-1]]; known {
			return value
		}
		return reference
	})
}

func (c *container) environment(ctx context.Context) (map[string]string, error) {
	environment := map[string]string{"PATH": os.Getenv("PATH"), "HOSTNAME": c.pod.object.Name,
		"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
	for _, entry := range c.spec.Env {
		value := expand(entry.Value, environment)
		if from := entry.ValueFrom; from != nil && from.FieldRef != nil {
			value = c.pod.field(from.FieldRef.FieldPath)
		} else if from != nil {
			return nil, fmt.Errorf("env %s: the pod runner knows fieldRef only", entry.Name)
		}
		environment[entry.Name] = value
	}
	return environment, nil
}

func (p *pod) field(path string) string {
	switch path {
	case "metadata.name":
		return p.object.Name
	case "metadata.namespace":
		return p.object.Namespace
	case "metadata.uid":
		return string(p.object.UID)
	case "spec.nodeName":
		return p.runner.node.name
	case "status.podIP":
		return p.network.address
	case "status.hostIP":
		return p.runner.node.address
	}
	return ""
}

// end runs preStop, sends SIGTERM, and SIGKILL at the deadline; returns when the program is gone.
func (c *container) end(deadline time.Time) {
	time.Sleep(min(preStopSleep(c.spec), time.Until(deadline)))
	c.pod.mutex.Lock()
	if c.command != nil {
		syscall.Kill(c.command.Process.Pid, syscall.SIGTERM)
	}
	c.pod.mutex.Unlock()
	select {
	case <-c.ended:
		return
	case <-time.After(time.Until(deadline)):
	}
	log.Printf("%s/%s: killed at the end of its grace period", c.pod.name(), c.spec.Name)
	c.pod.mutex.Lock()
	c.kill()
	c.pod.mutex.Unlock()
	<-c.ended
}

// kill: the caller holds the pod's mutex.
func (c *container) kill() {
	if c.command != nil {
		syscall.Kill(-c.command.Process.Pid, syscall.SIGKILL)
	}
}

// preStopSleep: of the hooks only those that sleep are known, in either form.
func preStopSleep(spec core.Container) time.Duration {
	if spec.Lifecycle == nil || spec.Lifecycle.PreStop == nil {
		return 0
	}
	hook := spec.Lifecycle.PreStop
	if hook.Sleep != nil {
		return time.Duration(hook.Sleep.Seconds) * time.Second
	}
	if hook.Exec != nil && len(hook.Exec.Command) == 2 && filepath.Base(hook.Exec.Command[0]) == "sleep" {
		pause, err := time.ParseDuration(hook.Exec.Command[1] + "s")
		if err == nil {
			return pause
		}
	}
	log.Printf("preStop of %s: unknown to the pod runner, left out", spec.Name)
	return 0
}
