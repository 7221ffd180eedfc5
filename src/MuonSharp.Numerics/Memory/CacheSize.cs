using System.Globalization;

namespace MuonSharp.Numerics;

/// <summary>What blocks are cut by: read once from what Linux says of the first core, a usual size elsewhere.</summary>
internal static class CacheSize
{
    private const long UsualSecondLevel = 1 << 20;
    private const string SecondLevelFile = "/sys/devices/system/cpu/cpu0/cache/index2/size";

    /// <summary>Bytes of the second cache.</summary>
    public static long SecondLevel { get; } = Read();

    private static long Read()
    {
        try
        {
            // As in "1024K".
            string text = File.ReadAllText(SecondLevelFile).Trim();
            return text.EndsWith('K') && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes)
                ? Math.Clamp(kilobytes, 128, 16384) * 1024
                : UsualSecondLevel;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return UsualSecondLevel;
        }
    }
}
