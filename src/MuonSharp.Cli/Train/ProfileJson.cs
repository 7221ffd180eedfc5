using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A profile as one object.</summary>
internal static class ProfileJson
{
    /// <summary>The object; rows in the order of a step, figures of a step.</summary>
    public static JsonObject Of(TrainingProfile profile, double peak) => new()
    {
        ["kind"] = "profile",
        ["steps"] = profile.Steps,
        ["step_ms"] = profile.StepMilliseconds,
        ["peak_gflops"] = peak,
        ["rows"] = new JsonArray([.. profile.Rows().Select(row => Row(row, peak))]),
    };

    private static JsonObject Row(ProfileRow row, double peak) => new()
    {
        ["phase"] = row.Phase,
        ["name"] = row.Name,
        ["shape"] = row.Shape,
        ["calls"] = row.Calls,
        ["ms"] = row.Milliseconds,
        ["share"] = row.Share,
        ["flops"] = row.Flops,
        ["bytes"] = row.Bytes,
        ["gflops"] = row.Gflops,
        ["share_of_peak"] = Math.Min(1, row.Gflops / peak),
        ["gigabytes_per_second"] = row.GigabytesPerSecond,
    };
}
