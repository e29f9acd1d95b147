using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>What happens to a beamline's device configuration.</summary>
internal abstract record ConfigurationEntry;

/// <summary>Another configuration is in force.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Revision">Its number; it lies whole beside the ledger.</param>
/// <param name="Action">What was asked for.</param>
/// <param name="Devices">How many devices there are.</param>
/// <param name="Added">Devices that came; the first of them where they are many.</param>
/// <param name="Removed">Devices that went; likewise.</param>
/// <param name="Changed">Devices that are otherwise than before; likewise.</param>
/// <param name="Failed">Devices among them that cannot be used; likewise.</param>
internal sealed record ConfigurationChanged(
    string Beamline,
    int Revision,
    ConfigurationAction Action,
    int Devices,
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Removed,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> Failed) : ConfigurationEntry
{
    /// <summary>Names that are kept of each sort.</summary>
    public const int NamesKept = 50;
}

/// <summary>A beamline's device configuration as its entries tell it.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Revision">The number of the one in force.</param>
/// <param name="Devices">How many devices there are.</param>
/// <param name="ChangedAt">Since when it is in force, UTC.</param>
internal sealed record ConfigurationRecord(string Beamline, int Revision, int Devices, DateTimeOffset ChangedAt)
{
    /// <summary>The streams of device configurations, by the beamline.</summary>
    public static readonly StreamKind<ConfigurationRecord, ConfigurationEntry> Kind = new(
        "device_configuration",
        foldVersion: 1,
        static (_, entry) => entry.Data is ConfigurationChanged changed
            ? new ConfigurationRecord(changed.Beamline, changed.Revision, changed.Devices, entry.At)
            : throw new System.Diagnostics.UnreachableException(),
        new EntryTypes<ConfigurationEntry>().Add(
            "device_configuration.changed", 1, ConfigurationJson.Default.ConfigurationChanged),
        ConfigurationJson.Default.ConfigurationRecord,
        static record => new RecordIndex(record.Beamline, record.Revision),
        static entry => Words((ConfigurationChanged)entry));

    private static EntryWords Words(ConfigurationChanged changed) => new(
        $"device configuration {EntryWords.Number(changed.Revision)}: {EntryWords.Count(changed.Devices, "device")}"
        + Part("added", changed.Added) + Part("removed", changed.Removed) + Part("changed", changed.Changed) + Part("failed", changed.Failed))
    {
        IsTrouble = changed.Failed.Count > 0,
        Details = [new EntryDetail("beamline", changed.Beamline), new EntryDetail("action", changed.Action.ToString().ToLowerInvariant())],
    };

    private static string Part(string what, IReadOnlyList<string> names) => names.Count == 0 ? ""
        : $", {what} {string.Join(", ", names.Take(5))}{(names.Count > 5 ? " and others" : "")}";
}

/// <summary>JSON of device configurations.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigurationChanged))]
[JsonSerializable(typeof(ConfigurationRecord))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
