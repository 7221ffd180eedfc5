using System.Globalization;

namespace MuonSharp.Cli.Train;

/// <summary>Names run folders that the user did not name.</summary>
internal static class RunName
{
    private const string Parent = "runs";

    /// <summary>A folder below <c>runs</c> that does not exist yet: preset, date and time.</summary>
    public static string Next(string preset)
    {
        var now = TimeProvider.System.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        var name = Path.Combine(Parent, $"{(preset.Length == 0 ? "run" : preset)}-{now}");
        return Enumerable.Range(1, int.MaxValue)
            .Select(number => number == 1 ? name : $"{name}-{number}")
            .First(candidate => !Path.Exists(candidate));
    }
}
