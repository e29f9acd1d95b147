using System.Text.Json.Serialization;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>How a scan ended, as the live file keeps it.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Points">Points that were begun.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Reasons">Why it ended early; empty when it completed.</param>
internal sealed record RecordingEnd(ScanEnd End, long Points, DateTimeOffset At, IReadOnlyList<Reason> Reasons);

/// <summary>The texts in which the live and final files keep what recovery needs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    IncludeFields = true,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(ValueConverter)])]
[JsonSerializable(typeof(ScanOpened))]
[JsonSerializable(typeof(RecordingEnd))]
[JsonSerializable(typeof(BeamlineStateChange))]
[JsonSerializable(typeof(RecordingClosed))]
[JsonSerializable(typeof(RecordingNotice))]
[JsonSerializable(typeof(RecordingQuestion))]
[JsonSerializable(typeof(RecordingProgress))]
internal sealed partial class RecordingJson : JsonSerializerContext;
