namespace MuonSharp.Numerics;

/// <summary>The size of a micro-kernel's tile, as constants of a type.</summary>
internal interface ITileShape
{
    /// <summary>Rows: 12, 8, 6, 4 or 2.</summary>
    static abstract int Rows { get; }

    /// <summary>Whether a row is two registers wide, or one.</summary>
    static abstract bool Wide { get; }
}
