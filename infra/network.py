"""A network for the workers, without NAT gateways: nothing here costs anything while no job runs, unless it is isolated."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.settings import Settings

__all__ = ["Network"]


class Network(Construct):
    """Subnets and the workers' security group: nothing may come in, only TLS may go out.

    S3 and DynamoDB are reached through gateway endpoints. The rest of what a worker's host needs (ECR, ECS, logs) is reached over the
    internet, or through interface endpoints where the network is isolated.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        subnet_type = ec2.SubnetType.PRIVATE_ISOLATED if settings.isolated_network else ec2.SubnetType.PUBLIC
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=3,
            nat_gateways=0,
            restrict_default_security_group=False,  # doing so takes a custom resource; nothing uses that group
            subnet_configuration=[ec2.SubnetConfiguration(name="Workers", subnet_type=subnet_type, cidr_mask=20)],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self.subnets = ec2.SubnetSelection(subnet_type=subnet_type)
        self.workers = self._group("Workers", "Workers: TLS out, nothing in")
        self.workers.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS service endpoints")
        self.vpc.add_flow_log("FlowLog", traffic_type=ec2.FlowLogTrafficType.REJECT)
        if settings.isolated_network:
            endpoint_group = self._group("Endpoints", "Endpoints: TLS from workers")
            endpoint_group.add_ingress_rule(self.workers, ec2.Port.tcp(443), "Workers")
            service = ec2.InterfaceVpcEndpointAwsService
            endpoints = {
                "EcrApi": service.ECR, "EcrDocker": service.ECR_DOCKER, "Ecs": service.ECS, "EcsAgent": service.ECS_AGENT,
                "EcsTelemetry": service.ECS_TELEMETRY, "Logs": service.CLOUDWATCH_LOGS,
            }  # fmt: skip
            for name, endpoint in endpoints.items():
                self.vpc.add_interface_endpoint(name, service=endpoint, security_groups=[endpoint_group], open=False)

    def _group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, allow_all_outbound=False, description=description)
