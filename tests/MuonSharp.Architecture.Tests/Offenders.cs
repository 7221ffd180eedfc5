namespace MuonSharp.Architecture.Tests;

/// <summary>A rule holds when nothing offends it; otherwise the message names every offender in full.</summary>
internal static class Offenders
{
    public static void None(string rule, IEnumerable<string> offenders)
    {
        string[] all = [.. offenders];
        Assert.True(all.Length == 0, $"{rule}. {all.Length} offend:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", all)}");
    }
}
