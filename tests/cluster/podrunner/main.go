// The pod runner plays one node and its kubelet for the cluster tests: it binds every Pod to itself, gives it a network namespace
// with an address of its own, runs a local program for each container, probes it, reports status, and ends it gracefully.
// It knows what the tests need: IPv4, exec or sleep in preStop, Secret, ConfigMap, emptyDir and projected volumes. No init
// containers, no exec, no liveness probes. Runs as root inside the cluster's network namespace, with a mount namespace in
// which /run/netns is the tests' own.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// imageRules say which program stands in for an image: REGEX=COMMAND, the first that matches.
type imageRules []imageRule

type imageRule struct {
	image   *regexp.Regexp
	command []string
}

func (rules *imageRules) String() string { return "" }

func (rules *imageRules) Set(text string) error {
	pattern, command, found := strings.Cut(text, "=")
	if !found || command == "" {
		return fmt.Errorf("not of the form REGEX=COMMAND: %s", text)
	}
	image, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	*rules = append(*rules, imageRule{image, strings.Fields(command)})
	return nil
}

func (rules imageRules) commandFor(image string) []string {
	for _, rule := range rules {
		if rule.image.MatchString(image) {
			return rule.command
		}
	}
	return nil
}

func clientOf(kubeconfig string) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 500, 1000
	config.ContentType = "application/vnd.kubernetes.protobuf"
	return kubernetes.NewForConfig(config)
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of an administrator")
	nodeAddress := flag.String("node-ip", "10.244.0.1", "address of the node; Pods get 10.244.1.2 and on")
	service := flag.String("api-service", "10.96.0.1:443", "forwarded to the API server, as a service proxy would")
	work := flag.String("work", "", "directory for volumes and the containers' logs")
	var rules imageRules
	flag.Var(&rules, "image", "REGEX=COMMAND: what runs for an image, before the container's args (repeatable)")
	flag.Parse()

	client, err := clientOf(*kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	node := &node{client: client, name: "node-1", address: *nodeAddress}
	if err := node.register(ctx); err != nil {
		log.Fatal("node: ", err)
	}
	go node.renewLease(ctx)
	if err := forward(*service, *nodeAddress+":6443"); err != nil {
		log.Fatal("api-service: ", err)
	}
	runner := newRunner(client, node, *work, rules)
	runner.start(ctx)
	log.Print("ready")

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	cancel()
	runner.killAll()
}
