namespace MuonSharp.Formats;

/// <summary>Places in a JSON text as messages write them: <c>optimizer.groups[2].learning_rate</c>.</summary>
internal static class JsonPlace
{
    private const int Longest = 160;

    /// <summary>A key of an object.</summary>
    public static string Member(string place, string name) => place.Length == 0 ? OneLine.Short(name) : $"{place}.{OneLine.Short(name)}";

    /// <summary>An item of a list.</summary>
    public static string Item(string place, int index) => $"{place}[{index}]";

    /// <summary>A place that leaves room for the rest of a message: of a long one its end.</summary>
    public static string Shorten(string place) => place.Length <= Longest ? place : "..." + place[^(Longest - 3)..];
}
