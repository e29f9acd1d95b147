namespace Beamtime.Simulated.Devices;

/// <summary>Draws the frames of a camera in place of its own source.</summary>
internal interface IFrameOverlay
{
    /// <summary>Draws one frame.</summary>
    /// <param name="frame">Takes it, row by row.</param>
    void Draw(ushort[] frame);
}
