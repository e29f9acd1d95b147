namespace Beamtime.Control.Beamline;

/// <summary>What a watched signal speaks for.</summary>
internal enum SignalRole
{
    /// <summary>An enclosure is searched and secured.</summary>
    Enclosure,

    /// <summary>A shutter lets the beam pass.</summary>
    Shutter,

    /// <summary>The ring or a protection system permits beam.</summary>
    Permit,
}

/// <summary>What a permit signal says. Doubt is <see cref="Unknown"/>, which blocks.</summary>
internal enum PermitState
{
    /// <summary>Not read yet, not readable, neither 0 nor 1, or too old.</summary>
    Unknown,

    /// <summary>It says no.</summary>
    NotPermitted,

    /// <summary>It says yes; of a shutter: open.</summary>
    Permitted,
}

/// <summary>A signal that is read and never driven.</summary>
/// <param name="Name">What it speaks for: <c>2-BM-A</c>, <c>FES</c>.</param>
/// <param name="Role">What it speaks for.</param>
/// <param name="Address"><c>device</c> or <c>device.signal</c>.</param>
/// <param name="GoodWhen">The value that permits, 0 or 1: 0 for a shutter that reports that it blocks.</param>
/// <param name="Device">The shutter's own device, by which a plan may open it; null for none.</param>
/// <param name="Description">What it is, for people.</param>
internal sealed record WatchedSignal(
    string Name, SignalRole Role, string Address, int GoodWhen, string? Device, string Description)
{
    /// <summary>What a reading of 0 or 1 says.</summary>
    /// <param name="value">The reading.</param>
    public PermitState Judge(Sdk.Devices.Value value) =>
        value.Type is not (Sdk.Devices.SignalType.Integer or Sdk.Devices.SignalType.Boolean or Sdk.Devices.SignalType.Float)
            || value.AsDouble() is not (0 or 1) ? PermitState.Unknown
        : value.AsDouble() == GoodWhen ? PermitState.Permitted : PermitState.NotPermitted;
}

/// <summary>What a watched signal says now.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="State">What it says.</param>
/// <param name="Value">The last value read, as text; null before the first.</param>
/// <param name="ObservedAt">When that was, UTC; null before the first.</param>
/// <param name="Age">How long ago that was; null before the first.</param>
/// <param name="Doubt">Why the state is unknown; null when it is known.</param>
internal sealed record PermitReading(
    WatchedSignal Signal, PermitState State, string? Value, DateTimeOffset? ObservedAt, TimeSpan? Age, string? Doubt);
