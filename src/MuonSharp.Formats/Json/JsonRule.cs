using System.Globalization;

namespace MuonSharp.Formats;

/// <summary>Bounds of numbers in words.</summary>
internal static class JsonRule
{
    /// <summary>A whole number.</summary>
    public static string Whole(long least, bool noLeast, long most, bool noMost) => (noLeast, noMost) switch
    {
        (true, true) => "a whole number",
        (false, true) => least == 1 ? "a whole number above 0" : $"a whole number of {least} or more",
        (true, false) => $"a whole number of at most {most}",
        _ => $"a whole number from {least} to {most}",
    };

    /// <summary>A finite number.</summary>
    public static string Number(double least, double most) => (least == double.MinValue, most == double.MaxValue) switch
    {
        (true, true) => "a number",
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number of {least} or more"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"a number of at most {most}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"),
    };
}
