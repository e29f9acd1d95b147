using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Beamtime.Sdk.Devices;

/// <summary>What a signal's value is made of.</summary>
public enum SignalType : byte
{
    /// <summary>No value: a reading that did not come.</summary>
    Missing,

    /// <summary>A 64-bit floating point number.</summary>
    Float,

    /// <summary>A 64-bit signed integer.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Text, at most <see cref="Signal.MaxTextBytes"/> bytes of UTF-8.</summary>
    Text,

    /// <summary>An array of 64-bit floating point numbers, of the shape that the signal states.</summary>
    FloatArray,
}

/// <summary>
/// One value of a signal without boxing: a number, a truth value, a text or an array. Equality compares content of
/// numbers and texts, and the reference of arrays.
/// </summary>
public readonly struct Value : IEquatable<Value>
{
    private readonly long _bits;
    private readonly object? _reference;

    private Value(SignalType type, long bits, object? reference)
    {
        Type = type;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>What the value is made of.</summary>
    public SignalType Type { get; }

    /// <summary>The absent value.</summary>
    public static Value Missing => default;

    /// <summary>True when there is no value.</summary>
    public bool IsMissing => Type == SignalType.Missing;

    /// <summary>A floating point value.</summary>
    /// <param name="value">Any double, NaN included.</param>
    public static Value Of(double value) => new(SignalType.Float, BitConverter.DoubleToInt64Bits(value), null);

    /// <summary>An integer value.</summary>
    /// <param name="value">Any 64-bit integer.</param>
    public static Value Of(long value) => new(SignalType.Integer, value, null);

    /// <summary>A truth value.</summary>
    /// <param name="value">True or false.</param>
    public static Value Of(bool value) => new(SignalType.Boolean, value ? 1 : 0, null);

    /// <summary>A text.</summary>
    /// <param name="value">The text.</param>
    public static Value Of(string value) => new(SignalType.Text, 0, value);

    /// <summary>An array; the caller does not change it afterwards.</summary>
    /// <param name="value">The numbers in row-major order.</param>
    public static Value Of(double[] value) => new(SignalType.FloatArray, 0, value);

    /// <summary>The value as a number: integers and truth values are widened.</summary>
    /// <exception cref="InvalidOperationException">A text, an array or a missing value.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double AsDouble() => Type switch
    {
        SignalType.Float => BitConverter.Int64BitsToDouble(_bits),
        SignalType.Integer or SignalType.Boolean => _bits,
        _ => throw new InvalidOperationException($"A {Type} value is not a number."),
    };

    /// <summary>The value as an integer; a floating point value must be integral.</summary>
    /// <exception cref="InvalidOperationException">Not an integer.</exception>
    public long AsInteger() => Type switch
    {
        SignalType.Integer or SignalType.Boolean => _bits,
        SignalType.Float when double.IsInteger(AsDouble()) => checked((long)AsDouble()),
        _ => throw new InvalidOperationException($"{this} is not an integer."),
    };

    /// <summary>The value as a truth value; numbers 0 and 1 count.</summary>
    /// <exception cref="InvalidOperationException">Neither.</exception>
    public bool AsBoolean() => Type switch
    {
        SignalType.Boolean => _bits != 0,
        SignalType.Integer or SignalType.Float when AsDouble() is 0 or 1 => AsDouble() == 1,
        _ => throw new InvalidOperationException($"{this} is neither true nor false."),
    };

    /// <summary>The text.</summary>
    /// <exception cref="InvalidOperationException">Not a text.</exception>
    public string AsText() => Type == SignalType.Text
        ? (string)_reference!
        : throw new InvalidOperationException($"{this} is not a text.");

    /// <summary>The array's numbers in row-major order.</summary>
    /// <exception cref="InvalidOperationException">Not an array.</exception>
    public ReadOnlySpan<double> AsArray() => Type == SignalType.FloatArray
        ? (double[])_reference!
        : throw new InvalidOperationException($"{this} is not an array.");

    /// <inheritdoc/>
    public bool Equals(Value other) =>
        Type == other.Type && _bits == other._bits && Equals(_reference, other._reference);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, _bits, _reference);

    /// <summary>The same type and content.</summary>
    public static bool operator ==(Value left, Value right) => left.Equals(right);

    /// <summary>Another type or content.</summary>
    public static bool operator !=(Value left, Value right) => !left.Equals(right);

    /// <summary>The value as text, invariant.</summary>
    public override string ToString() => Type switch
    {
        SignalType.Missing => "missing",
        SignalType.Float => AsDouble().ToString("R", CultureInfo.InvariantCulture),
        SignalType.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        SignalType.Boolean => _bits != 0 ? "true" : "false",
        SignalType.Text => (string)_reference!,
        SignalType.FloatArray => $"array of {((double[])_reference!).Length}",
        _ => throw new UnreachableException(),
    };
}

/// <summary>One value of one signal and when it was taken.</summary>
/// <param name="Value">The value; missing when it did not come.</param>
/// <param name="Timestamp">When the device took it, UTC.</param>
public readonly record struct Reading(Value Value, DateTimeOffset Timestamp);
