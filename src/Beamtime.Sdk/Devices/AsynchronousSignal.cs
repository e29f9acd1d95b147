namespace Beamtime.Sdk.Devices;

/// <summary>How pieces of an asynchronous signal come together in the file.</summary>
public enum AsynchronousUpdate
{
    /// <summary>A piece goes behind the last one along the first axis.</summary>
    Add,

    /// <summary>A piece goes into a row by its index, behind what that row has already.</summary>
    AddSlice,

    /// <summary>A piece takes the place of the one before; the last of a scan is kept.</summary>
    Replace,
}

/// <summary>What the values of an asynchronous signal are made of.</summary>
public enum AsynchronousElement
{
    /// <summary>64-bit floating point.</summary>
    Float64,

    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8,

    /// <summary>Signed 16-bit integer.</summary>
    Int16,

    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16,

    /// <summary>Signed 32-bit integer.</summary>
    Int32,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32,

    /// <summary>Signed 64-bit integer.</summary>
    Int64,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64,
}

/// <summary>
/// A signal whose values a scan does not read at its points: the device gives them at its own pace while it is staged, any
/// number at a time, and they are kept in a file of the device's own from which the scan's file takes them.
/// </summary>
public sealed record AsynchronousSignal
{
    /// <summary>Name within the device, an identifier, other than those of <see cref="IDevice.Signals"/>.</summary>
    public required string Name { get; init; }

    /// <summary>How pieces come together.</summary>
    public AsynchronousUpdate Update { get; init; } = AsynchronousUpdate.Add;

    /// <summary>What the values are made of.</summary>
    public AsynchronousElement Element { get; init; } = AsynchronousElement.Float64;

    /// <summary>
    /// The largest shape, null for an axis without a bound; the first axis is the one that grows. <c>[null]</c>: values in a
    /// row, one behind the other. <c>[null, M]</c>: rows of M values; shorter ones are filled up, longer ones cut and
    /// counted. <c>[null, null]</c>: rows of any length. <c>[null, A, B]</c>: rows of A × B values. A number in the first
    /// place bounds how many values or rows a scan may have. For <see cref="AsynchronousUpdate.Replace"/>: the shape of the
    /// value, null for an axis of any length, empty for a single value.
    /// </summary>
    public IReadOnlyList<int?> MaxShape { get; init; } = [null];

    /// <summary>Unit symbol: <c>counts</c>, <c>V</c>; null for none.</summary>
    public string? Unit { get; init; }

    /// <summary>What it means, one sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// How its rows are compressed where each of them is large (256 KiB): <c>none</c>, <c>lz4</c> or <c>blosc-lz4</c>; null
    /// for the site's choice.
    /// </summary>
    public string? Compression { get; init; }

    /// <summary>True when it is kept in the file; false when only viewers are told of it.</summary>
    public bool IsSaved { get; init; } = true;
}
