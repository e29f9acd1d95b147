namespace Beamtime.Sdk.Devices;

/// <summary>
/// A device with methods that people and scripts may call: homing, a reset, a table to load. What is not declared cannot be
/// called.
/// </summary>
public interface ICallable
{
    /// <summary>The methods; fixed once connected, no name twice.</summary>
    IReadOnlyList<DeviceMethod> Methods { get; }

    /// <summary>Calls a method; the task ends when its effect is complete.</summary>
    /// <param name="method">One of the device's methods.</param>
    /// <param name="arguments">One value a parameter, in their order; checked against types, ranges and choices.</param>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    /// <returns>What it gives; the missing value for nothing.</returns>
    ValueTask<Value> CallAsync(DeviceMethod method, IReadOnlyList<Value> arguments, CancellationToken cancel);
}

/// <summary>A method of a device.</summary>
public sealed record DeviceMethod
{
    /// <summary>Name, an identifier.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>
    /// True when it changes the device: it is then refused on a read-only device, while the device is in use, and to those who
    /// may not set devices. False for what only looks: it is called at any time.
    /// </summary>
    public required bool IsMutating { get; init; }

    /// <summary>Its parameters, in order; null for none.</summary>
    public IReadOnlyList<DeviceMethodParameter>? Parameters { get; init; }

    /// <summary>What it gives; <see cref="SignalType.Missing"/> for nothing.</summary>
    public SignalType Returns { get; init; }

    /// <summary>Unit symbol of what it gives; null for none.</summary>
    public string? Unit { get; init; }
}

/// <summary>A parameter of a device's method.</summary>
public sealed record DeviceMethodParameter
{
    /// <summary>Name, an identifier.</summary>
    public required string Name { get; init; }

    /// <summary>What its values are made of: a number, a whole number, a truth value or a text.</summary>
    public required SignalType Type { get; init; }

    /// <summary>What it means, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Unit symbol; null for none.</summary>
    public string? Unit { get; init; }

    /// <summary>Lowest value; null for none.</summary>
    public double? Low { get; init; }

    /// <summary>Highest value; null for none.</summary>
    public double? High { get; init; }

    /// <summary>The texts that are allowed; null for any.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The value when none is given, as text; null makes the parameter required.</summary>
    public string? Default { get; init; }
}
