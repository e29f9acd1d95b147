using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Datasets;

/// <summary>What can be wrong with data sets and requests about them.</summary>
internal static class DatasetErrors
{
    public static readonly ErrorCode Unknown = new(
        "dataset.unknown", "No data set has this id or name.", "List the data sets and take an id or a name from there.");

    public static readonly ErrorCode PlacedElsewhere = new(
        "dataset.placed.elsewhere",
        "The files of the data set were found in another folder before.",
        "Look at the data set's folder; a moved recording is to be copied back to where it was.");

    public static readonly ErrorCode NotPlaced = new(
        "dataset.not_placed",
        "The files of the data set have not been found on a storage yet.",
        "Wait for its workflow, or see there why it stopped.");

    public static readonly ErrorCode FlowNotFailed = new(
        "dataset.flow.not_failed",
        "The flow of the data set has not failed, or there is none: nothing can be retried.",
        "Show the data set; one whose flow runs goes on by itself, one that has succeeded needs nothing.");

    public static readonly ErrorCode PageInvalid = new(
        "dataset.page.invalid",
        "The page asked for does not exist: the offset is negative or the limit not from 1 to 1000.",
        "Ask with offset from 0 and limit from 1 to 1000.");
}
