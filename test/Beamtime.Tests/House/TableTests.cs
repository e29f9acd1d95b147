using System.Text.RegularExpressions;
using Beamtime.Core.Jobs;

namespace Beamtime.Tests.House;

/// <summary>Every table of the migrations is either pruned after a time that is set, or has a reason for staying.</summary>
public sealed partial class TableTests
{
    private static readonly Dictionary<string, string> Staying = new()
    {
        ["migrations"] = "one row a migration",
        ["lease_clock_shift"] = "one row, in test databases alone",
        ["entries"] = "the ledger only grows",
        ["records"] = "one row a thing of the ledger, which only grows",
        ["people"] = "one row a person",
        ["ledger_epoch"] = "one row",
        ["cursors"] = "one row a reader of the ledger",
        ["work_pools"] = "named by people",
        ["work_queues"] = "named by people and kinds",
        ["master_key"] = "one row",
        ["key_ring"] = "a key a quarter",
        ["secrets"] = "named by people",
        ["users"] = "one row a person",
        ["api_keys"] = "made by people, shown with their end",
        ["work_projects"] = "named by people",
        ["leases"] = "one row a role of which one acts",
        ["schedules"] = "made and removed by people",
        ["device_configurations"] = "made by people, each as long as anybody may want it back",
        ["datasets"] = "one row a data set of the ledger",
        ["dataset_files"] = "the manifest of a data set of the ledger",
        ["dataset_copies"] = "where a data set's files lie",
        ["dataset_lineage"] = "what a data set was made of",
        ["scan_lists"] = "requests that people keep for later",
        ["scan_list_times"] = "at most one row a list",
        ["scan_numbers"] = "one row a beamline",
        ["scan_queue"] = "one row a scan of the ledger",
        ["scan_datasets"] = "one row a beamline",
        ["scan_groups"] = "one row a group that has scans of the ledger",
        ["scan_group_members"] = "one row a scan of the ledger",
        ["scan_server_epochs"] = "one row a beamline",
        ["scan_history"] = "one row a recording of the ledger",
        ["open_recordings"] = "one row a recording that is not closed",
    };

    [GeneratedRegex(@"create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?<name>[a-z0-9_]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Making { get; }

    private static IReadOnlySet<string> Tables { get; } = Repository.FilesEnding(".sql")
        .Where(f => f.Contains("/Migrations/", StringComparison.Ordinal))
        .SelectMany(f => Making.Matches(Repository.Read(f)).Select(m => m.Groups["name"].Value))
        .ToHashSet();

    [Fact]
    public void Every_table_is_pruned_after_a_time_or_has_a_reason_for_staying()
    {
        var pruned = GrowingTable.All.Select(t => t.Name).ToHashSet();
        Assert.Empty(Tables.Except(pruned).Except(Staying.Keys));
        Assert.Empty(pruned.Intersect(Staying.Keys));
    }

    [Fact]
    public void What_is_said_of_tables_is_said_of_tables_that_there_are() =>
        Assert.Empty(GrowingTable.All.Select(t => t.Name).Except(Tables));
}
