namespace MuonSharp.Formats;

/// <summary>A whole line of a file of JSON Lines: a value, or what is wrong with it.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="End">Bytes of the file up to its end, the line break counted.</param>
/// <param name="Value">The value; null if the line is broken.</param>
/// <param name="Problem">One line that says what is wrong; null if nothing is.</param>
public sealed record JsonLine(int Number, long End, JsonEntry? Value, string? Problem);
