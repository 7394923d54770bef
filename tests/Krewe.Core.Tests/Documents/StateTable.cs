namespace Krewe.Core.Tests.Documents;

/// <summary>States against events: what a rule does, asked of the rule itself, as a table and as a diagram.</summary>
internal sealed class StateTable(params string[] states)
{
    private readonly List<string> _rows = [];
    private readonly List<(string From, string To, string Label)> _moves = [];

    /// <param name="text">What happens, for the table.</param>
    /// <param name="label">The same in a word or two, for the diagram.</param>
    /// <param name="outcome">What becomes of it in this state; null where it cannot happen.</param>
    public void Event(string text, string label, Func<string, Outcome?> outcome)
    {
        var cells = states.Select(state =>
        {
            var became = outcome(state);
            if (became is { To: { } to } && to != state && (became.Label ?? label) is { Length: > 0 } drawn)
            {
                _moves.Add((state, to, drawn));
            }

            return became is null ? "" : became.Text;
        });
        _rows.Add($"| {text} | {string.Join(" | ", cells)} |");
    }

    public IEnumerable<string> Table(string corner) =>
    [
        $"| {corner} | {string.Join(" | ", states)} |",
        $"| --- |{string.Concat(states.Select(_ => " --- |"))}",
        .. _rows,
    ];

    /// <param name="start">The state before the first event; it is drawn as the beginning.</param>
    /// <param name="nodeOf">What a state is in the diagram: several columns may be one.</param>
    public IEnumerable<string> Diagram(string start, Func<string, string>? nodeOf = null)
    {
        string Node(string state) => nodeOf?.Invoke(state) ?? state;

        var arrows = _moves
            .Select(move => (From: Node(move.From), To: Node(move.To), move.Label))
            .Where(move => move.From != move.To)
            .GroupBy(move => (move.From, move.To))
            .Select(group => $"    {group.Key.From} --> {group.Key.To}: {string.Join(", ", group.Select(move => move.Label).Distinct())}");
        return ["```mermaid", "stateDiagram-v2", $"    [*] --> {Node(start)}", .. arrows, "```"];
    }

    /// <param name="Text">The cell.</param>
    /// <param name="To">The state that it leads to; null where it stays.</param>
    /// <param name="Label">What the diagram calls it; null for the event's own.</param>
    internal sealed record Outcome(string Text, string? To = null, string? Label = null);
}
