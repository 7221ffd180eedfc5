using System.Runtime.CompilerServices;

namespace MuonSharp.Nn;

/// <summary>Shape rules of operations, checked when they are recorded.</summary>
internal static class Rule
{
    /// <summary>Throws unless the rule holds.</summary>
    /// <param name="holds">The rule's condition.</param>
    /// <param name="message"><c>[operation] rule; what came</c>; only built when it does not hold.</param>
    /// <exception cref="ArgumentException">The rule does not hold.</exception>
    public static void Check(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] RuleMessage message)
    {
        if (!holds)
        {
            throw new ArgumentException(message.ToString());
        }
    }
}

/// <summary>A message that is only put together when its rule does not hold.</summary>
[InterpolatedStringHandler]
internal ref struct RuleMessage
{
    private readonly bool _build;
    private DefaultInterpolatedStringHandler _text;

    public RuleMessage(int literalLength, int formattedCount, bool holds, out bool build)
    {
        build = _build = !holds;
        _text = build ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _build ? _text.ToStringAndClear() : string.Empty;
}
