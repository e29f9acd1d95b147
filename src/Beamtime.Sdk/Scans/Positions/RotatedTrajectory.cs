namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Positions whose first two axes are turned about a centre.</summary>
internal sealed class RotatedTrajectory : Trajectory
{
    private readonly Trajectory _inner;
    private readonly double _sine;
    private readonly double _cosine;
    private readonly double _center1;
    private readonly double _center2;

    /// <summary>Turned positions.</summary>
    /// <param name="inner">The positions, of two or more axes.</param>
    /// <param name="radians">By how much, counter-clockwise.</param>
    /// <param name="center1">The centre on the first axis.</param>
    /// <param name="center2">The centre on the second axis.</param>
    public RotatedTrajectory(Trajectory inner, double radians, double center1, double center2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inner.Axes, 2, nameof(inner));
        (_inner, _center1, _center2) = (inner, center1, center2);
        (_sine, _cosine) = Math.SinCos(radians);
    }

    /// <inheritdoc/>
    public override int Axes => _inner.Axes;

    /// <inheritdoc/>
    public override int Count => _inner.Count;

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        _inner.Locate(index, point);
        var (first, second) = (point[0] - _center1, point[1] - _center2);
        point[0] = _center1 + (first * _cosine) - (second * _sine);
        point[1] = _center2 + (first * _sine) + (second * _cosine);
    }
}
