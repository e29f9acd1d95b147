using Beamtime.Data.Datasets;

namespace Beamtime.Tests.Datasets;

public sealed class DatasetStatusTests
{
    [Fact]
    public void A_data_set_moves_only_along_its_table()
    {
        (DatasetStatus, DatasetStatus)[] allowed =
        [
            (DatasetStatus.Registered, DatasetStatus.Placed),
            (DatasetStatus.Placed, DatasetStatus.Secured),
        ];

        Assert.Equal(allowed.Order(), Pairs<DatasetStatus>().Where(p => p.Item1.CanBecome(p.Item2)).Order());
    }

    [Fact]
    public void A_copy_moves_only_along_its_table()
    {
        (CopyState, CopyState)[] allowed =
        [
            (CopyState.Copying, CopyState.Present),
            (CopyState.Present, CopyState.Verified),
            (CopyState.Present, CopyState.Corrupt),
            (CopyState.Present, CopyState.Missing),
            (CopyState.Present, CopyState.Removed),
            (CopyState.Verified, CopyState.Verified),
            (CopyState.Verified, CopyState.Corrupt),
            (CopyState.Verified, CopyState.Missing),
            (CopyState.Verified, CopyState.Removed),
            (CopyState.Corrupt, CopyState.Copying),
            (CopyState.Corrupt, CopyState.Removed),
            (CopyState.Missing, CopyState.Copying),
            (CopyState.Removed, CopyState.Copying),
        ];

        Assert.Equal(allowed.Order(), Pairs<CopyState>().Where(p => p.Item1.CanBecome(p.Item2)).Order());
    }

    private static IEnumerable<(T, T)> Pairs<T>()
        where T : struct, Enum =>
        from a in Enum.GetValues<T>() from b in Enum.GetValues<T>() select (a, b);
}
