namespace MuonSharp.Numerics;

/// <summary>The size of a micro-kernel's tile, as constants of a type.</summary>
internal interface ITileShape
{
    /// <summary>Rows: 12, 8, 6, 4 or 2.</summary>
    static abstract int Rows { get; }

    /// <summary>Whether a row is two registers wide, or one.</summary>
    static abstract bool Wide { get; }
}

/// <summary>The tile shapes that products are made of.</summary>
internal static class TileShapes
{
    public readonly struct Wide12 : ITileShape
    {
        public static int Rows => 12;

        public static bool Wide => true;
    }

    public readonly struct Narrow12 : ITileShape
    {
        public static int Rows => 12;

        public static bool Wide => false;
    }

    public readonly struct Wide8 : ITileShape
    {
        public static int Rows => 8;

        public static bool Wide => true;
    }

    public readonly struct Narrow8 : ITileShape
    {
        public static int Rows => 8;

        public static bool Wide => false;
    }

    public readonly struct Wide6 : ITileShape
    {
        public static int Rows => 6;

        public static bool Wide => true;
    }

    public readonly struct Narrow6 : ITileShape
    {
        public static int Rows => 6;

        public static bool Wide => false;
    }

    public readonly struct Wide4 : ITileShape
    {
        public static int Rows => 4;

        public static bool Wide => true;
    }

    public readonly struct Narrow4 : ITileShape
    {
        public static int Rows => 4;

        public static bool Wide => false;
    }

    public readonly struct Wide2 : ITileShape
    {
        public static int Rows => 2;

        public static bool Wide => true;
    }

    public readonly struct Narrow2 : ITileShape
    {
        public static int Rows => 2;

        public static bool Wide => false;
    }
}
