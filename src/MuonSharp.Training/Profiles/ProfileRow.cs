namespace MuonSharp.Training;

/// <summary>Where a part of a step's time went; figures are means over the measured steps.</summary>
/// <param name="Phase"><c>data</c>, <c>forward</c>, <c>backward</c>, <c>optimizer</c> or <c>other</c>.</param>
/// <param name="Name">The operation, or the optimizer and its stage.</param>
/// <param name="Shape">Sizes that tell an operation from others of its name; may be empty.</param>
/// <param name="Calls">Runs a step.</param>
/// <param name="Milliseconds">Time a step.</param>
/// <param name="Share">Time over the whole step's, 0 to 1.</param>
/// <param name="Flops">Multiply-adds of matrix products a step, two operations each; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that have to move at least once, a step; 0 where they are not counted.</param>
public sealed record ProfileRow(string Phase, string Name, string Shape, double Calls, double Milliseconds, double Share, double Flops, double Bytes)
{
    /// <summary>10⁹ operations a second; 0 without products.</summary>
    public double Gflops => Milliseconds > 0 ? Flops / Milliseconds / 1e6 : 0;

    /// <summary>10⁹ bytes a second; 0 where they are not counted.</summary>
    public double GigabytesPerSecond => Milliseconds > 0 ? Bytes / Milliseconds / 1e6 : 0;
}
