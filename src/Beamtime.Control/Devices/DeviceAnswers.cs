using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>A device as REST tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DeviceClass">Its class.</param>
/// <param name="IsUsable">True when it is enabled and connected.</param>
/// <param name="ReadoutPriority">When it is read.</param>
/// <param name="ReadOnly">True when it cannot be set.</param>
/// <param name="Description">What it is.</param>
/// <param name="Tags">Free grouping.</param>
/// <param name="UsedByScan">Number of the scan that uses it.</param>
/// <param name="Signals">Its signals with their last readings.</param>
/// <param name="Reason">Why it cannot be used.</param>
internal sealed record DeviceAnswer(
    string Name,
    string DeviceClass,
    bool IsUsable,
    ReadoutPriority ReadoutPriority,
    bool ReadOnly,
    string Description,
    IReadOnlyList<string> Tags,
    int? UsedByScan,
    IReadOnlyList<SignalAnswer> Signals,
    Reason? Reason)
{
    /// <summary>The answer for a usable device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="read">Readings of the signals that are read; empty for none.</param>
    /// <param name="configuration">Readings of its configuration; empty for none.</param>
    /// <param name="uses">Number of the scan that uses a device, by device.</param>
    public static DeviceAnswer Of(
        KnownDevice device,
        ReadOnlyMemory<Reading> read,
        ReadOnlyMemory<Reading> configuration,
        IReadOnlyDictionary<string, int> uses)
    {
        List<SignalAnswer> signals = [];
        foreach (var signal in device.Signals)
        {
            var (row, among) = signal.IsRead ? (read, device.ReadSignals) : (configuration, device.ConfigurationSignals);
            var index = among.Index().FirstOrDefault(s => s.Item == signal, (Index: -1, Item: signal)).Index;
            signals.Add(SignalAnswer.Of(signal, index >= 0 && index < row.Length ? row.Span[index] : null));
        }

        return Of(device.Description, uses) with { Signals = signals };
    }

    /// <summary>The answer for a device without readings.</summary>
    /// <param name="device">The device.</param>
    /// <param name="uses">Number of the scan that uses a device, by device.</param>
    public static DeviceAnswer Of(DeviceDescription device, IReadOnlyDictionary<string, int> uses) => new(
        device.Name,
        device.DeviceClass,
        device.Unusable is null,
        device.ReadoutPriority,
        device.ReadOnly,
        device.Description,
        device.Tags,
        uses.TryGetValue(device.Name, out var scan) ? scan : null,
        [],
        device.Unusable);
}

/// <summary>A signal with its last reading.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Type">What its values are made of.</param>
/// <param name="Unit">Unit symbol.</param>
/// <param name="IsSettable">True when it can be set.</param>
/// <param name="Low">Lowest target.</param>
/// <param name="High">Highest target.</param>
/// <param name="Value">Last value; null when there is none.</param>
/// <param name="At">When it was taken, UTC.</param>
/// <param name="Choice">The name of its value, where its values have names.</param>
internal sealed record SignalAnswer(
    string Name,
    SignalKind Kind,
    SignalType Type,
    string? Unit,
    bool IsSettable,
    double? Low,
    double? High,
    JsonElement? Value,
    DateTimeOffset? At,
    string? Choice = null)
{
    /// <summary>The answer for a signal.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="reading">Its last reading.</param>
    public static SignalAnswer Of(Signal signal, Reading? reading) => new(
        signal.Name,
        signal.Kind,
        signal.Type,
        signal.Unit,
        signal.IsSettable,
        Finite(signal.Limits?.Low),
        Finite(signal.Limits?.High),
        reading is { Value.IsMissing: false } taken ? Json(taken.Value) : null,
        reading is { Value.IsMissing: false } at ? at.Timestamp : null,
        signal.Choices is { } choices && reading is { Value.Type: SignalType.Integer } index
            && index.Value.AsInteger() >= 0 && index.Value.AsInteger() < choices.Count ? choices[(int)index.Value.AsInteger()] : null);

    /// <summary>A limit as JSON has it; null for none.</summary>
    /// <param name="limit">The limit.</param>
    public static double? Finite(double? limit) => limit is { } number && double.IsFinite(number) ? number : null;

    /// <summary>A value as JSON.</summary>
    /// <param name="value">The value, not missing.</param>
    public static JsonElement Json(Value value) => value.Type switch
    {
        SignalType.Float when !double.IsFinite(value.AsDouble()) =>
            JsonSerializer.SerializeToElement(value.ToString(), DeviceJson.Default.String),
        SignalType.Float => JsonSerializer.SerializeToElement(value.AsDouble(), DeviceJson.Default.Double),
        SignalType.Integer => JsonSerializer.SerializeToElement(value.AsInteger(), DeviceJson.Default.Int64),
        SignalType.Boolean => JsonSerializer.SerializeToElement(value.AsBoolean(), DeviceJson.Default.Boolean),
        _ => JsonSerializer.SerializeToElement(value.ToString(), DeviceJson.Default.String),
    };
}

/// <summary>A target for a device.</summary>
internal sealed record DeviceSetRequest
{
    /// <summary>The target: a number, true, false or a text.</summary>
    public required JsonElement Value { get; init; }

    /// <summary>The signal; null for the main one.</summary>
    public string? Signal { get; init; }
}

/// <summary>JSON of devices.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeviceAnswer))]
[JsonSerializable(typeof(DeviceAnswer[]))]
[JsonSerializable(typeof(DeviceSetRequest))]
[JsonSerializable(typeof(Reason[]))]
[JsonSerializable(typeof(long))]
internal sealed partial class DeviceJson : JsonSerializerContext;
