using System.Runtime.CompilerServices;

namespace MuonSharp.Nn;

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
