namespace Beamtime.Data.Compute;

/// <summary>Finds the rotation axis of a whole scan: by opposite projections where there are some, else by the centre of mass.</summary>
internal static class AxisSearch
{
    // Off by this, a point a thousand pixels from the axis moves by less than a pixel, to one side as often as to the other.
    private const double PairToleranceDegrees = 0.05;
    private const double LeastSimilarity = 0.5;
    private const int Pairs = 3;
    private const int PairRows = 128;
    private const int MassRows = 32;
    private const double LeastCoverage = 0.75 * Math.PI;

    /// <summary>The axis, or null where nothing in the data tells it.</summary>
    /// <param name="projections">Projections, those that did not come among them.</param>
    /// <param name="flatField">Turns counts into line integrals.</param>
    /// <param name="degrees">Angle of every projection, degrees.</param>
    /// <param name="isPresent">Which projections came.</param>
    /// <param name="cancel">Stops between two frames.</param>
    public static (double Column, CentreOrigin Origin)? Find(
        FrameStack projections, FlatField flatField, double[] degrees, bool[] isPresent, CancellationToken cancel)
    {
        var found = new List<double>();
        foreach (var (first, opposite) in FindPairs(degrees, isPresent).Take(Pairs))
        {
            var one = LineIntegrals(projections, flatField, first, cancel);
            var other = LineIntegrals(projections, flatField, opposite, cancel);
            var centre = RotationCentre.FromPair(one, other, projections.Columns);
            if (centre.Similarity >= LeastSimilarity)
            {
                found.Add(centre.Column);
            }
        }

        if (found.Count > 0)
        {
            found.Sort();
            return (found[found.Count / 2], CentreOrigin.OppositePair);
        }

        int[] came = [.. Enumerable.Range(0, projections.Frames).Where(i => isPresent[i])];
        var angles = Array.ConvertAll(came, i => degrees[i]);
        if (came.Length < 3 || AngularWeights.Of(angles).Sum() < LeastCoverage)
        {
            return null;
        }

        var mass = RotationCentre.FromSinogram(Sinogram(projections, flatField, came, cancel), angles);
        return mass.Similarity >= LeastSimilarity ? (mass.Column, CentreOrigin.CentreOfMass) : null;
    }

    private static IEnumerable<(int First, int Opposite)> FindPairs(double[] degrees, bool[] isPresent)
    {
        // Far apart in time first: 0° and 180° open and end most scans.
        for (var first = 0; first < degrees.Length; first++)
        {
            for (var opposite = degrees.Length - 1; isPresent[first] && opposite > first; opposite--)
            {
                var turn = Math.IEEERemainder(degrees[opposite] - degrees[first] - 180, 360);
                if (isPresent[opposite] && Math.Abs(turn) <= PairToleranceDegrees)
                {
                    yield return (first, opposite);
                    break;
                }
            }
        }
    }

    private static double[] LineIntegrals(FrameStack projections, FlatField flatField, int frame, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var counts = new ushort[projections.Rows * projections.Columns];
        projections.Read(frame, 1, 0, projections.Rows, counts);
        var rows = Math.Min(PairRows, projections.Rows);
        var integrals = new double[rows * projections.Columns];
        for (var i = 0; i < rows; i++)
        {
            var row = (int)((i + 0.5) * projections.Rows / rows);
            flatField.LineIntegrals(
                counts.AsSpan(row * projections.Columns, projections.Columns),
                row,
                integrals.AsSpan(i * projections.Columns, projections.Columns));
        }

        return integrals;
    }

    private static double[] Sinogram(FrameStack projections, FlatField flatField, int[] frames, CancellationToken cancel)
    {
        var columns = projections.Columns;
        var rows = Math.Min(MassRows, projections.Rows);
        var fromRow = (projections.Rows - rows) / 2;
        var counts = new ushort[rows * columns];
        var line = new double[columns];
        var sinogram = new double[frames.Length * columns];
        for (var i = 0; i < frames.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            projections.Read(frames[i], 1, fromRow, rows, counts);
            for (var row = 0; row < rows; row++)
            {
                flatField.LineIntegrals(counts.AsSpan(row * columns, columns), fromRow + row, line);
                for (var column = 0; column < columns; column++)
                {
                    sinogram[i * columns + column] += line[column];
                }
            }
        }

        return sinogram;
    }
}
