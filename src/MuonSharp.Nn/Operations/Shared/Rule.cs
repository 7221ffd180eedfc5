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
