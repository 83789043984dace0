# A client on Perl's Net::SMPP, for one test: it prints what it does, one JSON object per line.
#
# Rule: it lives no longer than LIFE seconds. It binds to PORT with PASSWORD, submits what each line
# of its standard input describes, then answers DELIVERIES deliver_sm, and unbinds.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

use constant DELIVER_SM => 0x05;

$| = 1;
alarm($ENV{LIFE} || 60);
my $json = JSON::PP->new->canonical;
sub report { print $json->encode({@_}), "\n" }

my ($session, $bound) = Net::SMPP->new_transceiver('127.0.0.1', port => $ENV{PORT},
    smpp_version => 0x34, interface_version => 0x34, system_id => 'shop',
    password => $ENV{PASSWORD}) or die "can't connect: $!";
report(event => 'bind', command_status => $bound->status, system_id => $bound->{system_id});
exit 1 if $bound->status;

# Responses and deliver_sm come in any order.
my $delivered = 0;
sub delivered {
    my ($pdu) = @_;
    report(
        event => 'deliver_sm',
        esm_class => 0 + $pdu->{esm_class},
        source_addr => $pdu->{source_addr},
        destination_addr => $pdu->{destination_addr},
        data_coding => 0 + $pdu->{data_coding},
        short_message => unpack('H*', $pdu->{short_message}),
    );
    $session->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
    $delivered++;
}

while (my $line = <STDIN>) {
    my %fields = %{$json->decode($line)};
    $fields{short_message} = pack('H*', $fields{short_message});
    $session->submit_sm(async => 1, %fields);
    while (my $pdu = $session->read_pdu) {
        if ($pdu->{cmd} == DELIVER_SM) { delivered($pdu); next; }
        report(event => 'submit_sm_resp', command_status => $pdu->{status},
            message_id => $pdu->{message_id} // '');
        last;
    }
}
while ($delivered < $ENV{DELIVERIES} and my $pdu = $session->read_pdu) {
    delivered($pdu) if $pdu->{cmd} == DELIVER_SM;
}
my $unbound = $session->unbind;
report(event => 'unbind_resp', command_status => $unbound->status);
