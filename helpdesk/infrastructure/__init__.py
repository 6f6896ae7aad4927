"""What the desk needs in AWS, as text for CloudFormation and for Terraform.

tables.py          tables and indexes, from the PynamoDB models
rights.py          what web, workers and administration may do, and why
alarms.py          what CloudWatch watches
policies.py        rights as statements of IAM
cloudformation.py  all of it as a CloudFormation template
terraform.py       all of it as a Terraform module

How to use it: docs/infrastructure.md.
"""
