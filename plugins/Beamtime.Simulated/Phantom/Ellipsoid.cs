namespace Beamtime.Simulated.Phantom;

/// <summary>
/// A homogeneous ellipsoid whose third axis is parallel to the rotation axis. Where ellipsoids overlap their attenuations add,
/// so a negative one carves a cavity.
/// </summary>
/// <param name="Attenuation">What it adds to the linear attenuation coefficient, 1/mm.</param>
/// <param name="X">Centre across the beam at angle 0, mm from the rotation axis.</param>
/// <param name="Y">Centre along the beam at angle 0, mm from the rotation axis.</param>
/// <param name="Z">Centre along the rotation axis, mm from the middle row, positive towards higher rows.</param>
/// <param name="A">First semi-axis, mm.</param>
/// <param name="B">Second semi-axis, mm.</param>
/// <param name="C">Semi-axis along the rotation axis, mm.</param>
/// <param name="TurnDegrees">Turn of the first semi-axis from X towards Y, degrees.</param>
internal readonly record struct Ellipsoid(
    double Attenuation, double X, double Y, double Z, double A, double B, double C, double TurnDegrees)
{
    /// <summary>The same shape in other units of length.</summary>
    /// <param name="length">Factor for every length.</param>
    /// <param name="attenuation">Factor for the attenuation.</param>
    public Ellipsoid Scaled(double length, double attenuation) =>
        new(Attenuation * attenuation, X * length, Y * length, Z * length, A * length, B * length, C * length, TurnDegrees);
}
