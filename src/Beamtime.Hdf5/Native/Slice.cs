namespace Beamtime.Hdf5.Native;

/// <summary>Shapes and the blocks cut out of them.</summary>
internal static class Slice
{
    /// <summary>The number of elements in a shape, as far as <see cref="long"/> counts.</summary>
    public static long Length(ReadOnlySpan<long> shape)
    {
        long length = 1;
        bool isTooLong = false;
        foreach (long axis in shape)
        {
            if (axis == 0)
            {
                return 0;
            }

            ArgumentOutOfRangeException.ThrowIfNegative(axis, nameof(shape));
            isTooLong |= length > long.MaxValue / axis;
            length = isTooLong ? long.MaxValue : length * axis;
        }

        return length;
    }

    /// <summary>Refuses a block that does not lie inside the shape.</summary>
    public static void RequireInside(
        ReadOnlySpan<long> shape, ReadOnlySpan<long> offset, ReadOnlySpan<long> count, string subject)
    {
        if (offset.Length != shape.Length || count.Length != shape.Length)
        {
            throw new ArgumentException(
                $"A slice of '{subject}' needs {shape.Length} offsets and counts, not {offset.Length} and {count.Length}.",
                nameof(offset));
        }

        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (offset[axis] < 0 || count[axis] < 0 || count[axis] > shape[axis]
                || offset[axis] > shape[axis] - count[axis])
            {
                throw new ArgumentOutOfRangeException(
                    nameof(offset),
                    $"The slice at {Describe(offset)} of size {Describe(count)} is not inside '{subject}', "
                    + $"whose shape is {Describe(shape)}.");
            }
        }
    }

    public static string Describe(ReadOnlySpan<long> shape) => $"({string.Join(", ", shape.ToArray())})";
}
