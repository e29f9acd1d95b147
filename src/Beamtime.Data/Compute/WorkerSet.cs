using System.Collections.Concurrent;

namespace Beamtime.Data.Compute;

/// <summary>The projectors of a reconstruction, one a thread, kept from one piece of rows to the next.</summary>
/// <typeparam name="TLanes">The register that holds one number of every slice of a block.</typeparam>
internal sealed class WorkerSet<TLanes> : IDisposable
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ConcurrentBag<(BackProjector<TLanes> Projector, float[] Slices)> _idle = [];
    private readonly int _threads;

    /// <summary>Projectors for this many threads.</summary>
    /// <param name="plan">What is the same for every slice.</param>
    /// <param name="threads">Threads, at least 1.</param>
    public WorkerSet(BackProjectionPlan plan, int threads)
    {
        _threads = threads;
        for (var i = 0; i < threads; i++)
        {
            _idle.Add((new BackProjector<TLanes>(plan), new float[(long)TLanes.Width * plan.Size * plan.Size]));
        }
    }

    /// <summary>Gives every block of rows to a projector and waits for all of them.</summary>
    /// <param name="rows">Rows in all.</param>
    /// <param name="work">Gets projector, room for its slices, first row and number of rows.</param>
    /// <param name="cancel">Starts no further block.</param>
    public void ForEachBlock(int rows, Action<BackProjector<TLanes>, float[], int, int> work, CancellationToken cancel)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancel };
        var blocks = (rows + TLanes.Width - 1) / TLanes.Width;
        try
        {
            Parallel.For(0, blocks, options, block =>
            {
                if (!_idle.TryTake(out var worker))
                {
                    throw new System.Diagnostics.UnreachableException();
                }

                var from = block * TLanes.Width;
                try
                {
                    work(worker.Projector, worker.Slices, from, Math.Min(TLanes.Width, rows - from));
                }
                finally
                {
                    _idle.Add(worker);
                }
            });
        }
        catch (AggregateException several)
        {
            // The blocks fail alike when reading or writing does: the first tells it all.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryTake(out var worker))
        {
            worker.Projector.Dispose();
        }
    }
}
