using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>A configuration as it is kept.</summary>
/// <param name="Revision">Its number at the beamline, from 1.</param>
/// <param name="State">Begun, applied or refused.</param>
/// <param name="Action">What was asked for.</param>
/// <param name="MadeAt">When, UTC.</param>
/// <param name="Who">Who asked.</param>
/// <param name="Reason">Why.</param>
/// <param name="Devices">How many devices it has.</param>
internal sealed record ConfigurationRevision(
    int Revision, string State, string Action, DateTimeOffset MadeAt, Guid Who, string Reason, int Devices);

/// <summary>The durable side of device configurations.</summary>
internal sealed class ConfigurationStore(BeamtimeDatabase database, LedgerStore ledger, TimeProvider time)
{
    private const string Begun = "begun";
    private const string Applied = "applied";
    private const string Refused = "refused";

    /// <summary>
    /// The configuration that a device server begins with, from the site's file and the live changes since; kept where it is
    /// another than the last one.
    /// </summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="file">The devices of the site's file.</param>
    /// <param name="isFileAlone">True to set live changes aside.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<(int Revision, ConfigurationMerge Merge)> StartAsync(
        string beamline, IReadOnlyList<DeviceEntry> file, bool isFileAlone, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            await LockAsync(transaction, beamline, cancel);
            var last = await ReadAsync(
                transaction.Command(
                    $"select revision, devices::text, file_devices::text from device_configurations where beamline = $1 and state = '{Applied}' order by revision desc limit 1",
                    beamline),
                cancel);
            var merge = last is null || isFileAlone
                ? new ConfigurationMerge(file, [])
                : ConfigurationMerge.Of(file, last.FormerFile, last.Devices);
            if (last is not null && IsSame(merge.Entries, last.Devices) && IsSame(file, last.FormerFile))
            {
                return (last.Revision, merge);
            }

            var revision = await InsertAsync(
                transaction, beamline, Applied, ConfigurationAction.Start, merge.Entries, file, PersonId.System.Value, "the device server began", cancel);
            await EnterAsync(
                transaction,
                Difference(beamline, revision, ConfigurationAction.Start, last?.Devices ?? [], merge.Entries, []),
                Why.BySystem("the device server began", $"devices of {beamline}"),
                cancel);
            return (revision, merge);
        },
        cancel);

    /// <summary>The configuration in force; null before the first device server began.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<StoredConfiguration?> CurrentAsync(string beamline, CancellationToken cancel) => ReadAsync(
        Command(
            $"select revision, devices::text, file_devices::text from device_configurations where beamline = $1 and state = '{Applied}' order by revision desc limit 1",
            beamline),
        cancel);

    /// <summary>One configuration; null when there is none of that number.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="revision">Its number.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<StoredConfiguration?> FindAsync(string beamline, int revision, CancellationToken cancel) => ReadAsync(
        Command(
            "select revision, devices::text, file_devices::text from device_configurations where beamline = $1 and revision = $2",
            beamline,
            revision),
        cancel);

    /// <summary>Configurations, newest first.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ConfigurationRevision>> ListAsync(string beamline, int limit, CancellationToken cancel)
    {
        await using var command = Command(
            """
            select revision, state, action, made_at, who, reason, (select count(*)::int from jsonb_object_keys(devices))
            from device_configurations where beamline = $1 order by revision desc limit $2
            """,
            beamline,
            limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<ConfigurationRevision> revisions = [];
        while (await reader.ReadAsync(cancel))
        {
            revisions.Add(new ConfigurationRevision(
                reader.GetInt32(0),
                reader.GetString(1),
                reader.GetString(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel),
                reader.GetGuid(4),
                reader.GetString(5),
                reader.GetInt32(6)));
        }

        return revisions;
    }

    /// <summary>Writes down a change before it is carried out.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="entries">The devices that there shall be.</param>
    /// <param name="file">The devices of the site's file, as last read.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Its number.</returns>
    public Task<int> BeginAsync(
        string beamline,
        ConfigurationCommand command,
        IReadOnlyList<DeviceEntry> entries,
        IReadOnlyList<DeviceEntry> file,
        CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            await LockAsync(transaction, beamline, cancel);
            return await InsertAsync(transaction, beamline, Begun, command.Action, entries, file, command.Who, command.Reason, cancel);
        },
        cancel);

    /// <summary>Writes down that a change was carried out, once however often it is called.</summary>
    /// <param name="changed">The change.</param>
    /// <param name="why">Who asked and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task ApplyAsync(ConfigurationChanged changed, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            if (await SettleAsync(transaction, changed.Beamline, changed.Revision, Applied, cancel))
            {
                await EnterAsync(transaction, changed, why, cancel);
            }
        },
        cancel);

    /// <summary>Writes down that a change was taken back.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="revision">Its number.</param>
    /// <param name="cancel">Gives up.</param>
    public Task RefuseAsync(string beamline, int revision, CancellationToken cancel) =>
        database.TransactAsync(transaction => SettleAsync(transaction, beamline, revision, Refused, cancel), cancel);

    /// <summary>The change of which it is not written what became of it; null when there is none.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ConfigurationRevision?> BegunAsync(string beamline, CancellationToken cancel) =>
        (await ListAsync(beamline, 100, cancel)).FirstOrDefault(r => r.State == Begun);

    /// <summary>What differs between two configurations.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="revision">The number of the second.</param>
    /// <param name="action">What was asked for.</param>
    /// <param name="before">The first.</param>
    /// <param name="after">The second.</param>
    /// <param name="failed">Devices that failed.</param>
    public static ConfigurationChanged Difference(
        string beamline,
        int revision,
        ConfigurationAction action,
        IReadOnlyList<DeviceEntry> before,
        IReadOnlyList<DeviceEntry> after,
        IEnumerable<string> failed)
    {
        var known = before.ToDictionary(e => e.Name, StringComparer.Ordinal);
        var names = after.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        return new ConfigurationChanged(
            beamline,
            revision,
            action,
            after.Count,
            [.. names.Where(n => !known.ContainsKey(n))],
            [.. known.Keys.Where(n => !names.Contains(n))],
            [.. after.Where(e => known.TryGetValue(e.Name, out var old) && !IsSame([old], [e])).Select(e => e.Name)],
            [.. failed]);
    }

    /// <summary>Whether two configurations have the same devices.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool IsSame(IReadOnlyList<DeviceEntry> left, IReadOnlyList<DeviceEntry> right) =>
        System.Text.Json.Nodes.JsonNode.DeepEquals(DeviceEntryJson.Write(left), DeviceEntryJson.Write(right));

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> parameters)
    {
        var command = database.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }

    private static async Task LockAsync(DatabaseTransaction transaction, string beamline, CancellationToken cancel)
    {
        await using var command = transaction.Command("select pg_advisory_xact_lock(hashtextextended($1, 0))", $"device configuration {beamline}");
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<int> InsertAsync(
        DatabaseTransaction transaction,
        string beamline,
        string state,
        ConfigurationAction action,
        IReadOnlyList<DeviceEntry> entries,
        IReadOnlyList<DeviceEntry> file,
        Guid who,
        string reason,
        CancellationToken cancel)
    {
        await using var command = transaction.Command(
            """
            insert into device_configurations (beamline, revision, state, action, devices, file_devices, made_at, who, reason)
            select $1, coalesce(max(revision), 0) + 1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8
            from device_configurations where beamline = $1
            returning revision
            """,
            beamline,
            state,
            action.ToString().ToLowerInvariant(),
            DeviceEntryJson.Text(DeviceEntryJson.Write(entries)),
            DeviceEntryJson.Text(DeviceEntryJson.Write(file)),
            time.GetUtcNow(),
            who,
            reason);
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<bool> SettleAsync(
        DatabaseTransaction transaction, string beamline, int revision, string state, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            $"update device_configurations set state = $3 where beamline = $1 and revision = $2 and state = '{Begun}'",
            beamline,
            revision,
            state);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private async Task EnterAsync(DatabaseTransaction transaction, ConfigurationChanged changed, Why why, CancellationToken cancel)
    {
        var stream = await ledger.LoadAsync(transaction, ConfigurationRecord.Kind, changed.Beamline, cancel);
        await ledger.AppendAsync(
            transaction,
            ConfigurationRecord.Kind,
            stream,
            [
                changed with
                {
                    Added = Kept(changed.Added),
                    Removed = Kept(changed.Removed),
                    Changed = Kept(changed.Changed),
                    Failed = Kept(changed.Failed),
                },
            ],
            why,
            cancel);
    }

    private static IReadOnlyList<string> Kept(IReadOnlyList<string> names) => [.. names.Take(ConfigurationChanged.NamesKept)];

    private static async Task<StoredConfiguration?> ReadAsync(NpgsqlCommand asked, CancellationToken cancel)
    {
        await using var command = asked;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new StoredConfiguration(reader.GetInt32(0), Entries(reader.GetString(1)), Entries(reader.GetString(2)))
            : null;
    }

    private static IReadOnlyList<DeviceEntry> Entries(string json)
    {
        using var document = JsonDocument.Parse(json);
        List<Reason> reasons = [];
        var entries = DeviceEntryJson.ReadAll(document.RootElement, "stored configuration", reasons);
        return reasons.Count == 0 ? entries : throw new RefusedException(reasons);
    }
}

/// <summary>A configuration that was kept.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Devices">Its devices in the order of need.</param>
/// <param name="FormerFile">The devices of the site's file when it was made.</param>
internal sealed record StoredConfiguration(
    int Revision, IReadOnlyList<DeviceEntry> Devices, IReadOnlyList<DeviceEntry> FormerFile);
