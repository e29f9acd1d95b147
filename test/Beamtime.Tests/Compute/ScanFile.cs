using Beamtime.Hdf5;

namespace Beamtime.Tests.Compute;

/// <summary>Writes a scan as a DataExchange file, its frames in the file itself or in one beside it.</summary>
internal static class ScanFile
{
    // Programs that other tests start meanwhile inherit the files that are open, and with them their locks.
    public static readonly H5FileOptions NoLock = new() { Locking = H5FileLocking.Off };

    public static H5File Change(string path) => H5File.Open(path, H5FileAccess.ReadWrite, NoLock);

    public static string Write(PhantomScan scan, string path, byte[]? present = null)
    {
        using var file = H5File.Create(path, NoLock);
        file.CreateGroup("/exchange").Dispose();
        foreach (var (name, counts) in Stacks(scan))
        {
            file.CreateArray<ushort>("/exchange/" + name, counts, Shape(scan, counts)).Dispose();
        }

        WriteAngles(file, scan.Degrees, present);
        return path;
    }

    /// <summary>The frames of each kind lie in <c>frames.h5</c> beside the master.</summary>
    public static string WriteVirtual(PhantomScan scan, string path)
    {
        using (var frames = H5File.Create(FramesBeside(path), NoLock))
        {
            foreach (var (name, counts) in Stacks(scan))
            {
                frames.CreateArray<ushort>("/" + name, counts, Shape(scan, counts)).Dispose();
            }
        }

        using var file = H5File.Create(path, NoLock);
        file.CreateGroup("/exchange").Dispose();
        foreach (var (name, counts) in Stacks(scan))
        {
            var shape = Shape(scan, counts);
            file.CreateVirtual<ushort>(
                "/exchange/" + name, shape, [H5VirtualSource.Whole("frames.h5", "/" + name, shape, [0, 0, 0])], ushort.MaxValue).Dispose();
        }

        WriteAngles(file, scan.Degrees, null);
        return path;
    }

    public static string FramesBeside(string path) => Path.Combine(Path.GetDirectoryName(path)!, "frames.h5");

    private static (string Name, ushort[] Counts)[] Stacks(PhantomScan scan) =>
        [("data", scan.Projections), ("data_white", scan.Flats), ("data_dark", scan.Darks)];

    private static long[] Shape(PhantomScan scan, ushort[] counts)
    {
        var (rows, columns) = (scan.Parameters.Rows, scan.Parameters.Columns);
        return [counts.Length / (rows * columns), rows, columns];
    }

    private static void WriteAngles(H5File file, double[] degrees, byte[]? present)
    {
        using var theta = file.CreateArray<double>("/exchange/theta", degrees);
        theta.Attributes.Write("units", "degree");
        if (present is not null)
        {
            file.CreateArray<byte>("/exchange/frame_present", present).Dispose();
        }
    }
}
