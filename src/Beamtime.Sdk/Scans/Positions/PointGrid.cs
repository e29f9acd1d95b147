namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Points of a plane in cells, so that neighbours are found without looking at all of them.</summary>
internal sealed class PointGrid
{
    private readonly PointTrajectory _points;
    private readonly double _cell;
    private readonly double _low1;
    private readonly double _low2;
    private readonly int _columns;
    private readonly int _rows;
    private readonly int[] _first;
    private readonly int[] _next;

    /// <summary>Puts points into cells.</summary>
    /// <param name="points">At least one point; the first two axes count.</param>
    public PointGrid(PointTrajectory points)
    {
        _points = points;
        var ranges = points.Ranges();
        (_low1, _low2) = (ranges[0].Low, ranges[1].Low);
        var (width1, width2) = (ranges[0].High - _low1, ranges[1].High - _low2);
        var cell = Math.Max(Math.Sqrt(width1 * width2 / points.Count), Math.Max(width1, width2) / points.Count);
        _cell = cell > 0 ? cell : 1;
        (_columns, _rows) = ((int)(width1 / _cell) + 1, (int)(width2 / _cell) + 1);
        _first = new int[_columns * _rows];
        _next = new int[points.Count];
        Array.Fill(_first, -1);
        for (var i = points.Count - 1; i >= 0; i--)
        {
            ref var head = ref _first[CellOf(First(i), Second(i))];
            (_next[i], head) = (head, i);
        }
    }

    /// <summary>Position of a point on the first axis.</summary>
    /// <param name="point">Its index.</param>
    public double First(int point) => _points.Values[point * _points.Axes];

    /// <summary>Position of a point on the second axis.</summary>
    /// <param name="point">Its index.</param>
    public double Second(int point) => _points.Values[(point * _points.Axes) + 1];

    /// <summary>Takes a point out.</summary>
    /// <param name="point">Its index; it is still in.</param>
    public void Remove(int point)
    {
        ref var at = ref _first[CellOf(First(point), Second(point))];
        while (at != point)
        {
            at = ref _next[at];
        }

        at = _next[point];
    }

    /// <summary>The nearest point that is still in; -1 when none is.</summary>
    /// <param name="first">Where to look, on the first axis.</param>
    /// <param name="second">Where to look, on the second axis.</param>
    public int Nearest(double first, double second)
    {
        var (best, shortest) = (-1, double.PositiveInfinity);
        for (var ring = 0; ring <= Farthest(first, second) && (best < 0 || shortest > Sure(ring)); ring++)
        {
            foreach (var point in Ring(first, second, ring))
            {
                var distance = double.Hypot(First(point) - first, Second(point) - second);
                if (distance < shortest)
                {
                    (best, shortest) = (point, distance);
                }
            }
        }

        return best;
    }

    /// <summary>Distances of a point to those nearest to it, shortest first.</summary>
    /// <param name="point">Its index.</param>
    /// <param name="distances">As many as wanted; infinite where there are fewer points.</param>
    public void Neighbours(int point, Span<double> distances)
    {
        distances.Fill(double.PositiveInfinity);
        var (first, second) = (First(point), Second(point));
        for (var ring = 0; ring <= Farthest(first, second) && distances[^1] > Sure(ring); ring++)
        {
            foreach (var other in Ring(first, second, ring))
            {
                var distance = double.Hypot(First(other) - first, Second(other) - second);
                if (other != point && distance < distances[^1])
                {
                    var at = distances.Length - 1;
                    for (; at > 0 && distances[at - 1] > distance; at--)
                    {
                        distances[at] = distances[at - 1];
                    }

                    distances[at] = distance;
                }
            }
        }
    }

    // Nothing nearer than this can lie in a ring of cells or beyond it.
    private double Sure(int ring) => (ring - 1) * _cell;

    private int Farthest(double first, double second)
    {
        var (column, row) = (ColumnOf(first), RowOf(second));
        return Math.Max(Math.Max(column, _columns - 1 - column), Math.Max(row, _rows - 1 - row));
    }

    private IEnumerable<int> Ring(double first, double second, int ring)
    {
        var (column, row) = (ColumnOf(first), RowOf(second));
        for (var y = Math.Max(0, row - ring); y <= Math.Min(_rows - 1, row + ring); y++)
        {
            // Inner rows have cells of the ring at their two ends only.
            var step = Math.Abs(y - row) == ring ? 1 : Math.Max(1, 2 * ring);
            for (var x = column - ring; x <= column + ring; x += step)
            {
                if (x < 0 || x >= _columns)
                {
                    continue;
                }

                for (var point = _first[(y * _columns) + x]; point >= 0; point = _next[point])
                {
                    yield return point;
                }
            }
        }
    }

    private int CellOf(double first, double second) => (RowOf(second) * _columns) + ColumnOf(first);

    private int ColumnOf(double first) => Math.Clamp((int)((first - _low1) / _cell), 0, _columns - 1);

    private int RowOf(double second) => Math.Clamp((int)((second - _low2) / _cell), 0, _rows - 1);
}
