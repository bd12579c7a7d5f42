"""Azure's regions, where programs say that a workspace is to be: the SDK looks for the name among them.

Source: https://learn.microsoft.com/azure/reliability/regions-list. The local workspace is in none of them.
"""

REGIONS = (
    *("local", "Australia Central", "Australia East", "Australia Southeast", "Brazil South", "Canada Central"),
    *("Canada East", "Central India", "Central US", "East Asia", "East US", "East US 2", "France Central"),
    *("Germany West Central", "Israel Central", "Italy North", "Japan East", "Japan West", "Jio India West"),
    *("Korea Central", "Korea South", "Mexico Central", "New Zealand North", "North Central US", "North Europe"),
    *("Norway East", "Poland Central", "Qatar Central", "South Africa North", "South Central US", "South India"),
    *("Southeast Asia", "Spain Central", "Sweden Central", "Switzerland North", "Switzerland West", "UAE North"),
    *("UK South", "UK West", "West Central US", "West Europe", "West India", "West US", "West US 2", "West US 3"),
)
