using System.Text;

namespace MuonSharp.Formats;

/// <summary>Whole numbers however JSON writes them: <c>20</c>, <c>20.0</c> and <c>2e1</c> are one number.</summary>
/// <remarks>Exact for all that fits 64 bits, with or without a sign; nothing goes through a floating-point number.</remarks>
public static class WholeNumbers
{
    // 2^64 has 20 digits.
    private const int MostDigits = 20;

    /// <summary>Reads a number as JSON writes it.</summary>
    /// <param name="text">The number, without blanks.</param>
    /// <param name="value">The number, if it is one.</param>
    /// <returns>False for what is no number, has a part behind the point, or lies beyond 20 digits.</returns>
    public static bool TryParse(string text, out Int128 value) => TryParse(Encoding.UTF8.GetBytes(text), out value);

    /// <summary>Reads a number as JSON writes it.</summary>
    /// <param name="utf8">The number, without blanks.</param>
    /// <param name="value">The number, if it is one.</param>
    /// <returns>False for what is no number, has a part behind the point, or lies beyond 20 digits.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Int128 value)
    {
        value = 0;
        int at = 0;
        bool negative = Skip(utf8, ref at, (byte)'-', (byte)'-');
        ReadOnlySpan<byte> whole = Digits(utf8, ref at);
        ReadOnlySpan<byte> fraction = [];
        long exponent = 0;
        if (whole.IsEmpty
            || (Skip(utf8, ref at, (byte)'.', (byte)'.') && (fraction = Digits(utf8, ref at)).IsEmpty)
            || (Skip(utf8, ref at, (byte)'e', (byte)'E') && !TryExponent(utf8, ref at, out exponent))
            || at < utf8.Length)
        {
            return false;
        }

        bool found = TryScale(whole, fraction, exponent, out value);
        value = negative ? -value : value;
        return found;
    }

    private static bool TryScale(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, long exponent, out Int128 value)
    {
        value = 0;
        int zeros = 0;
        int digits = 0;
        for (int i = 0; i < whole.Length + fraction.Length; i++)
        {
            int digit = (i < whole.Length ? whole[i] : fraction[i - whole.Length]) - '0';
            if (digit == 0)
            {
                zeros += digits > 0 ? 1 : 0;
                continue;
            }

            digits = Math.Min(digits + zeros, MostDigits) + 1;
            if (digits > MostDigits)
            {
                return false;
            }

            value = (value * Power(zeros + 1)) + digit;
            zeros = 0;
        }

        long shift = exponent - fraction.Length + zeros;
        if (digits == 0)
        {
            return true;
        }

        if (shift < 0 || digits + shift > MostDigits)
        {
            return false;
        }

        value *= Power((int)shift);
        return true;
    }

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (; exponent > 0; exponent--)
        {
            power *= 10;
        }

        return power;
    }

    private static bool TryExponent(ReadOnlySpan<byte> utf8, scoped ref int at, out long exponent)
    {
        const long Beyond = 1L << 40; // More than a text has digits: what scales by that is no whole number of 64 bits.
        bool negative = at < utf8.Length && utf8[at] == '-';
        _ = Skip(utf8, ref at, (byte)'-', (byte)'+');
        ReadOnlySpan<byte> digits = Digits(utf8, ref at);
        exponent = 0;
        foreach (byte digit in digits)
        {
            exponent = Math.Min(Beyond, (10 * exponent) + digit - '0');
        }

        exponent = negative ? -exponent : exponent;
        return !digits.IsEmpty;
    }

    private static bool Skip(ReadOnlySpan<byte> utf8, scoped ref int at, byte one, byte other)
    {
        bool found = at < utf8.Length && (utf8[at] == one || utf8[at] == other);
        at += found ? 1 : 0;
        return found;
    }

    private static ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> utf8, scoped ref int at)
    {
        ReadOnlySpan<byte> rest = utf8[at..];
        int length = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        rest = length < 0 ? rest : rest[..length];
        at += rest.Length;
        return rest;
    }
}
