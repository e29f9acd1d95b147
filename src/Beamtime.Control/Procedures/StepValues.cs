using System.Text.Json;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Procedures;

/// <summary>Values of parameters, captures and readings as records keep them.</summary>
internal static class StepValues
{
    /// <summary>A value as JSON; null for a missing one, an array or a number that is not finite.</summary>
    /// <param name="value">The value.</param>
    public static JsonElement? Json(Value value) => value.Type switch
    {
        SignalType.Float when double.IsFinite(value.AsDouble()) =>
            JsonSerializer.SerializeToElement(value.AsDouble(), ProcedureJson.Default.Double),
        SignalType.Integer => JsonSerializer.SerializeToElement(value.AsInteger(), ProcedureJson.Default.Int64),
        SignalType.Boolean => JsonSerializer.SerializeToElement(value.AsBoolean(), ProcedureJson.Default.Boolean),
        SignalType.Text => JsonSerializer.SerializeToElement(value.AsText(), ProcedureJson.Default.String),
        _ => null,
    };

    /// <summary>Values as JSON; those that have none are left out.</summary>
    /// <param name="values">The values by name.</param>
    public static IReadOnlyDictionary<string, JsonElement> Json(IEnumerable<KeyValuePair<string, Value>> values) => values
        .Select(v => (v.Key, Json: Json(v.Value)))
        .Where(v => v.Json is not null)
        .ToDictionary(v => v.Key, v => v.Json!.Value, StringComparer.Ordinal);

    /// <summary>Values that a record keeps.</summary>
    /// <param name="kept">The values by name.</param>
    public static IEnumerable<KeyValuePair<string, Value>> Of(IReadOnlyDictionary<string, JsonElement> kept) =>
        kept.Select(k => KeyValuePair.Create(k.Key, DeviceDesk.ValueOf(k.Value).OrThrow()));
}
