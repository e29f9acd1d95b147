using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>Why a scan cannot be reconstructed.</summary>
internal static class ReconstructionErrors
{
    public static readonly ErrorCode FileMissing = new(
        "reconstruct.file.missing",
        "The file to reconstruct does not exist or may not be read.",
        "Check the path and who may read it.");

    public static readonly ErrorCode FileCorrupt = new(
        "reconstruct.file.corrupt",
        "The file is not HDF5, or is damaged.",
        "Copy it again from where it was verified; if it is still being written, wait for the scan's end.");

    public static readonly ErrorCode SourceMissing = new(
        "reconstruct.source.missing",
        "A file that holds frames of this one is missing, damaged or shorter than it must be.",
        "Put the named file beside this one: master and sources travel together.");

    public static readonly ErrorCode DatasetMissing = new(
        "reconstruct.dataset.missing",
        "The file lacks a data set that a tomography scan has.",
        "Reconstruct the master file of a tomography scan with darks and flats.");

    public static readonly ErrorCode TypeUnsupported = new(
        "reconstruct.type.unsupported",
        "A data set holds another type of numbers than the reconstruction reads.",
        "Frames are unsigned integers of 16 bits, angles floating point numbers in degrees, marks of presence bytes.");

    public static readonly ErrorCode ShapeMismatch = new(
        "reconstruct.shape.mismatch",
        "The shapes of two data sets do not fit each other.",
        "Projections, darks and flats need equal rows and columns, and every projection an angle.");

    public static readonly ErrorCode ProjectionsFew = new(
        "reconstruct.projections.few",
        "Fewer than two projections came.",
        "Repeat the scan.");

    public static readonly ErrorCode AngleInvalid = new(
        "reconstruct.angle.invalid",
        "The angle of a projection is not a number.",
        "Mend the angles of the file, or mark the frame as missing.");

    public static readonly ErrorCode FlatsDark = new(
        "reconstruct.flats.dark",
        "The flat frames are missing, or no brighter than the darks over most of the detector.",
        "Take flats again with the shutter open and the sample out of the beam.");

    public static readonly ErrorCode CentreOutside = new(
        "reconstruct.centre.outside",
        "The rotation centre does not lie on the detector.",
        "Give --center in pixels from the centre of the first column, on the detector.");

    public static readonly ErrorCode CentreUnknown = new(
        "reconstruct.centre.unknown",
        "The rotation centre is not given and cannot be found in the data.",
        "Give it with --center PIXELS, or take a pair of projections half a turn apart.");

    public static readonly ErrorCode SpaceShort = new(
        "reconstruct.space.short",
        "The disk has too little space for the volume.",
        "Free space, or name another folder for the result.");

    public static readonly ErrorCode WriteFailed = new(
        "reconstruct.write.failed",
        "The result could not be written.",
        "Check the rights and the space of the result's folder, then repeat.",
        RetryClass.Later);

    public static readonly ErrorCode ProcessDied = new(
        "reconstruct.process.died",
        "The process that reconstructed ended by a signal; a damaged file can bring the HDF5 library itself down.",
        "Compare the file's checksum with its manifest and copy it again where they differ; else see the system's log for lack of memory.");
}
